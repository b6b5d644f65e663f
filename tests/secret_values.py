"""Ciphertexts for stack files of tests, as the CLI's `passphrase` provider makes them of the sandbox's passphrase.

Ciphertext: `v1:<12-byte nonce, base64>:<AES-256-GCM, base64>` under a key that PBKDF2-HMAC-SHA256 derives in 1,000,000
iterations (Pulumi's `sdk/go/common/resource/config/crypt.go`).
"""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.services import PASSPHRASE

SALT = "v1:S77LSPmfypU=:v1:/pjGjXRO5dwcYn24:jh65S8V1FhGoNuadnabSlfMehaRC+A=="
"""That of Pulumi.sandbox.yaml: one for all stacks, because deriving a key takes a third of a second."""


def encrypt(plaintext: str) -> str:
    """The ciphertext of a text, for `encryptionsalt: SALT`."""
    nonce = os.urandom(12)
    return f"v1:{_base64(nonce)}:{_base64(_cipher().encrypt(nonce, plaintext.encode(), None))}"


def decrypt(ciphertext: str) -> str:
    """The text of a ciphertext that goes with SALT."""
    _, nonce, encrypted = ciphertext.split(":")
    return _cipher().decrypt(base64.b64decode(nonce), base64.b64decode(encrypted), None).decode()


@cache
def _cipher() -> AESGCM:
    seed = base64.b64decode(SALT.split(":")[1])
    return AESGCM(hashlib.pbkdf2_hmac("sha256", PASSPHRASE.encode(), seed, 1_000_000, 32))


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
