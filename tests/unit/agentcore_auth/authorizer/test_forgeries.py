"""Tokens that their issuer signed differently, that somebody changed, or that are no access tokens: all refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1
from cryptography.hazmat.primitives.asymmetric.ec import generate_private_key as generate_ec_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from jwt.algorithms import ECAlgorithm, RSAAlgorithm

from agentcore_auth.authorizer.causes import Cause, TokenError
from agentcore_auth.authorizer.checking import examine, unpack
from agentcore_auth.authorizer.jws import header_notes, parse
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import Verdict
from agentcore_auth.authorizer.verification import readable_keys, verify
from agentcore_auth.tokens.repair import may_be_repaired
from tests.unit.issued_tokens import (
    COGNITO_CLIENT,
    COGNITO_ISSUER,
    NOW,
    assembled,
    cognito,
    discovery_url,
    key_set,
    public_key,
    signed,
    signing_key,
)

TOKEN = signed(cognito())
HEADER, CLAIMS, SIGNATURE = TOKEN.split(".")
AUTHORIZER = Authorizer(discovery_url(COGNITO_ISSUER), allowed_clients=(COGNITO_CLIENT,))
SHORT_KEY = generate_private_key(65537, 1024)  # noqa: S505  # that it is too short is the point
EC_KEY = generate_ec_key(SECP256R1())


def base64url(text: str | bytes) -> str:
    return base64.urlsafe_b64encode(text if isinstance(text, bytes) else text.encode()).decode().rstrip("=")


def signed_text(header: bytes, claims: bytes) -> str:
    """A token over any bytes, signed by the issuer's own key."""
    text = f"{base64url(header)}.{base64url(claims)}"
    signature = RSAAlgorithm(RSAAlgorithm.SHA256).sign(text.encode(), signing_key("current"))
    return f"{text}.{base64url(signature)}"


def with_header(**header: object) -> str:
    return jwt.encode(cognito(), signing_key("current"), "RS256", headers={"kid": "current", **header})


def respelt_at_its_end(piece: str) -> str:
    """Another last character of the same bytes: of a signature by 2,048 bits, four of the last six bits are none."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return piece[:-1] + alphabet[alphabet.index(piece[-1]) ^ 1]


PLAIN = b'{"alg": "RS256", "kid": "current"}'
UNSIGNED = {"alg": "none"}
# Each row: the token, and why it is refused.
FORGERIES: dict[str, tuple[str, Cause]] = {
    "unsigned": (assembled(UNSIGNED, cognito(), b""), Cause.ALGORITHM_NOT_ALLOWED),
    "unsigned, in capitals": (assembled({"alg": "NoNe"}, cognito(), b""), Cause.ALGORITHM_NOT_ALLOWED),
    "unsigned, with a signature": (f"{assembled(UNSIGNED, cognito())[:-2]}{SIGNATURE}", Cause.ALGORITHM_NOT_ALLOWED),
    "signed with the public key as a shared secret": (
        jwt.encode(cognito(), public_key()["n"], "HS256", headers={"kid": "current"}),
        Cause.ALGORITHM_NOT_ALLOWED,
    ),
    "with a list of algorithms": (assembled({"alg": ["RS256"]}, cognito()), Cause.ALGORITHM_NOT_ALLOWED),
    "with another algorithm than its key's": (
        jwt.encode(cognito(), signing_key("current"), "PS256", headers={"kid": "current"}),
        Cause.ALGORITHM_NOT_ALLOWED,
    ),
    "that brings its own key": (
        jwt.encode(cognito(), signing_key("forger"), "RS256", headers={"kid": "current", "jwk": public_key("forger")}),
        Cause.SIGNATURE_WRONG,
    ),
    "that says where its key is": (
        jwt.encode(
            cognito(), signing_key("forger"), "RS256", headers={"kid": "forger", "jku": "https://forger.example"}
        ),
        Cause.UNKNOWN_KEY,
    ),
    "with its signature cut off": (f"{HEADER}.{CLAIMS}.", Cause.SIGNATURE_WRONG),
    "with a signature of another token": (
        f"{HEADER}.{CLAIMS}.{signed(cognito(client_id='other')).rpartition('.')[2]}",
        Cause.SIGNATURE_WRONG,
    ),
    "with padding behind its signature": (f"{TOKEN}==", Cause.NOT_A_TOKEN),
    "with more behind its signature": (f"{TOKEN}=.x", Cause.NOT_A_TOKEN),
    "with standard base64 as its signature": (f"{HEADER}.{CLAIMS}.{SIGNATURE[:-2]}+/", Cause.NOT_A_TOKEN),
    "with another spelling of its signature": (
        f"{HEADER}.{CLAIMS}.{respelt_at_its_end(SIGNATURE)}",
        Cause.SIGNATURE_WRONG,
    ),
    "with padding behind its claims": (f"{HEADER}.{CLAIMS}=.{SIGNATURE}", Cause.NOT_A_TOKEN),
    "with claims in UTF-16": (signed_text(PLAIN, json.dumps(cognito()).encode("utf-16")), Cause.NOT_A_TOKEN),
    "with claims in UTF-32": (signed_text(PLAIN, json.dumps(cognito()).encode("utf-32-be")), Cause.NOT_A_TOKEN),
    "with a byte order mark": (signed_text(PLAIN, b"\xef\xbb\xbf" + json.dumps(cognito()).encode()), Cause.NOT_A_TOKEN),
    "with a header in UTF-16": (signed_text(PLAIN.decode().encode("utf-16-le"), b"{}"), Cause.NOT_A_TOKEN),
    "with a critical extension": (with_header(crit=["exp"], exp=1), Cause.HEADER_NOT_UNDERSTOOD),
    "with critical nothing": (with_header(crit=[]), Cause.HEADER_NOT_UNDERSTOOD),
    "with claims that are not encoded": (
        signed_text(b'{"alg": "RS256", "kid": "current", "b64": false}', json.dumps(cognito()).encode()),
        Cause.HEADER_NOT_UNDERSTOOD,
    ),
    "with a key id that is no text": (
        signed_text(b'{"alg": "RS256", "kid": ["current"]}', json.dumps(cognito()).encode()),
        Cause.UNKNOWN_KEY,
    ),
    "for a logout": (with_header(typ="logout+jwt"), Cause.OTHER_KIND_OF_TOKEN),
    "of a security event": (with_header(typ="application/SecEvent+jwt"), Cause.OTHER_KIND_OF_TOKEN),
    "that proves possession": (with_header(typ="dpop+jwt"), Cause.OTHER_KIND_OF_TOKEN),
}


def examined(token: str, keys: Mapping[str, object] | None = None) -> Verdict:
    return examine(unpack(token), AUTHORIZER, issuer=COGNITO_ISSUER, jwks=keys or key_set(), now=NOW)


@pytest.mark.parametrize(("token", "cause"), FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forgery_is_refused(token: str, cause: Cause) -> None:
    with pytest.raises(TokenError) as refused:
        verify(token, key_set())
    assert refused.value.cause is cause
    verdict = examined(token)
    assert verdict.status == 401
    assert cause in {finding.cause for finding in verdict.findings}
    assert not may_be_repaired(verdict.findings)


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt", "AT+JWT"])
def test_what_issuers_write_into_typ_is_let_in(typ: str) -> None:
    token = with_header(typ=typ)
    assert examined(token).status == 200
    assert header_notes(parse(token).header) == ()


@pytest.mark.parametrize(
    ("header", "says"), [({"zip": "DEF"}, "RFC 7515, 4"), ({"typ": "JOSE"}, "RFC 9068, 4"), ({"typ": 7}, "no access")]
)
def test_what_a_reader_ignores_is_noted(header: dict[str, Any], says: str) -> None:
    (note,) = header_notes({"alg": "RS256", **header})
    assert says in note


def test_a_compressed_token_is_no_json() -> None:
    with pytest.raises(TokenError) as refused:
        verify(signed_text(b'{"alg": "RS256", "zip": "DEF"}', b"\xab\x56\x4a\x2c\x28"), key_set())
    assert refused.value.cause is Cause.NOT_A_TOKEN


def short_key(**changes: object) -> dict[str, Any]:
    key: dict[str, Any] = json.loads(RSAAlgorithm.to_jwk(SHORT_KEY.public_key()))
    return {**key, "kid": "short", "use": "sig", "alg": "RS256", **changes}


def signed_by_the_short_key() -> str:
    with pytest.warns(jwt.warnings.InsecureKeyLengthWarning):
        return jwt.encode(cognito(), SHORT_KEY, "RS256", headers={"kid": "short"})


def test_a_key_below_2048_bits_signs_nothing() -> None:
    verdict = examined(signed_by_the_short_key(), {"keys": [short_key(), public_key()]})
    assert (verdict.status, verdict.cause) == (401, Cause.KEY_TOO_SHORT)
    assert "1024 bits" in verdict.findings[0].message
    with pytest.raises(TokenError) as refused:
        readable_keys({"keys": [short_key()]})
    assert refused.value.cause is Cause.KEY_TOO_SHORT
    assert readable_keys({"keys": [short_key(), public_key()]}) == [public_key()]


# Each row: a change of the issuer's key that says: not for verifying signatures.
NOT_FOR_VERIFYING: list[dict[str, Any]] = [
    {"use": "enc"},
    {"use": ["sig"]},
    {"use": None},
    {"key_ops": ["encrypt"]},
    {"key_ops": []},
    {"key_ops": "verify"},
    {"key_ops": {"verify": True}},
    {"key_ops": ["sign"], "use": "sig"},
    {"alg": "RSA-OAEP"},
    {"alg": None},
    {"kty": "oct", "k": "c2VjcmV0"},
]


@pytest.mark.parametrize("change", NOT_FOR_VERIFYING)
def test_a_key_that_is_for_something_else_verifies_nothing(change: dict[str, Any]) -> None:
    with pytest.raises(TokenError) as refused:
        verify(TOKEN, {"keys": [public_key(**change)]})
    assert refused.value.cause is Cause.JWKS_UNUSABLE


def test_a_key_that_says_so_is_for_verifying() -> None:
    key = public_key(key_ops=["sign", "verify"])
    del key["use"]
    assert verify(TOKEN, {"keys": [key]}) == cognito()


def test_a_key_on_another_curve_than_the_algorithms_verifies_nothing() -> None:
    token = jwt.encode(cognito(), EC_KEY, "ES256", headers={"kid": "ec"})
    key = {**json.loads(ECAlgorithm.to_jwk(EC_KEY.public_key())), "kid": "ec"}
    other = {**json.loads(ECAlgorithm.to_jwk(generate_ec_key(SECP384R1()).public_key())), "kid": "ec"}
    assert verify(token, {"keys": [key]}) == cognito()
    with pytest.raises(TokenError):
        verify(token, {"keys": [other]})


STRANGE: list[object] = [None, 7, -1, True, 1.5, "", "AQAB", "\0", "é", [], ["x"], {}, {"a": 1}, "A" * 9000]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("member", ["kty", "kid", "use", "alg", "n", "e", "d", "x5c", "key_ops", "crv"])
def test_one_bad_key_among_good_ones_does_not_matter(member: str, strange: object) -> None:
    bad = {**public_key(), member: strange}
    assert verify(TOKEN, {"keys": [bad, "no key", None, public_key()]}) == cognito()
    assert public_key() in readable_keys({"keys": [bad, public_key()]})
    try:
        verify(TOKEN, {"keys": [bad]})
    except TokenError as error:
        assert "\n" not in error.message  # noqa: PT017  # whether it can be used depends on the change


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("crv", ["P-256", "P-384", "Ed25519", "nistp256"])
@pytest.mark.parametrize("kty", ["EC", "OKP"])
def test_keys_of_other_kinds_that_are_no_keys_do_not_matter(kty: str, crv: str, strange: object) -> None:
    bad = {"kty": kty, "crv": crv, "x": strange, "y": strange}
    assert readable_keys({"keys": [bad, public_key()]}) == [public_key()]
