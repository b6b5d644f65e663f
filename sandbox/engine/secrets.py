"""Secrets in stack files and checkpoints, as the CLI's `passphrase` provider encrypts them.

Salt: `v1:<8 bytes, base64>:<the word "pulumi", encrypted>`; key: PBKDF2-HMAC-SHA256, 1,000,000 iterations, 32 bytes;
ciphertext: `v1:<12-byte nonce, base64>:<AES-256-GCM, base64>` (Pulumi's `pkg/secrets/passphrase` and
`sdk/go/common/resource/config/crypt.go`).

    printf %s VALUE | PULUMI_CONFIG_PASSPHRASE=... python -m sandbox.engine.secrets encrypt SALT
    PULUMI_CONFIG_PASSPHRASE=... python -m sandbox.engine.secrets salt
"""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sandbox.engine.errors import DeploymentError

_ITERATIONS = 1_000_000
_CHECK = "pulumi"


class Crypter:
    """Encrypts and decrypts with the key that belongs to one passphrase and salt."""

    def __init__(self, key: bytes, salt: str = "") -> None:
        self.salt = salt
        self._cipher = AESGCM(key)
        self._ciphertexts: dict[str, str] = {}

    def encrypt(self, plaintext: str) -> str:
        """The ciphertext of a text; the same one for the same text, so that an unchanged state stays as it is."""
        if plaintext not in self._ciphertexts:
            nonce = os.urandom(12)
            sealed = self._cipher.encrypt(nonce, plaintext.encode(), None)
            self._ciphertexts[plaintext] = f"v1:{_base64(nonce)}:{_base64(sealed)}"
        return self._ciphertexts[plaintext]

    def decrypt(self, ciphertext: str) -> str:
        """The text in a ciphertext. Raises DeploymentError for one that this key did not make."""
        try:
            _, nonce, sealed = ciphertext.split(":")
            plaintext = self._cipher.decrypt(base64.b64decode(nonce), base64.b64decode(sealed), None).decode()
        except (ValueError, InvalidTag) as error:
            raise DeploymentError(
                "A secret cannot be decrypted: it was encrypted with another passphrase or salt. "
                "Encrypt it again with this stack's `encryptionsalt` and passphrase."
            ) from error
        self._ciphertexts.setdefault(plaintext, ciphertext)
        return plaintext


def new_crypter(passphrase: str) -> Crypter:
    """A crypter with a new salt."""
    seed = os.urandom(8)
    crypter = Crypter(_key(passphrase, seed))
    crypter.salt = f"v1:{_base64(seed)}:{crypter.encrypt(_CHECK)}"
    return crypter


@lru_cache(maxsize=8)
def crypter_of(passphrase: str, salt: str) -> Crypter:
    """The crypter of a passphrase and a salt. Raises DeploymentError if they do not belong together."""
    try:
        version, seed, check = salt.split(":", 2)
        key = _key(passphrase, base64.b64decode(seed))
    except ValueError as error:
        raise DeploymentError(f"`{salt}` is no encryption salt: expected `v1:<salt>:<check>`.") from error
    crypter = Crypter(key, salt)
    try:
        if version == "v1" and crypter.decrypt(check) == _CHECK:
            return crypter
    except DeploymentError:
        pass
    raise DeploymentError(
        "The passphrase is not this stack's: set PULUMI_CONFIG_PASSPHRASE to the one it was made with."
    )


def _key(passphrase: str, seed: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), seed, _ITERATIONS, 32)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def main(arguments: list[str]) -> int:
    """The commands of the module's docstring; values come from standard input, the passphrase from the environment."""
    passphrase = os.environ.get("PULUMI_CONFIG_PASSPHRASE", "")
    match arguments:
        case ["salt"]:
            sys.stdout.write(new_crypter(passphrase).salt + "\n")
        case ["encrypt", salt]:
            sys.stdout.write(crypter_of(passphrase, salt).encrypt(sys.stdin.read()) + "\n")
        case _:
            sys.stderr.write("usage: python -m sandbox.engine.secrets salt | encrypt SALT < VALUE\n")
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
