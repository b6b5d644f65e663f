"""The text of a token: what is taken off, what is refused, and that hostile texts end in a line within a second."""

from __future__ import annotations

import time

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentcore_auth.authorizer.causes import Cause, TokenError
from agentcore_auth.authorizer.checking import unpack
from agentcore_auth.authorizer.jws import MAX_BYTES, cleaned, out_of_response, parse
from agentcore_auth.authorizer.verification import readable_keys, verify
from tests.unit.issued_tokens import assembled, cognito, key_set, public_key, signed, signing_key

TOKEN = signed(cognito())
HALF = len(TOKEN) // 2

PASTED = {
    "as it is": (TOKEN, None),
    "with the line's end": (f"{TOKEN}\r\n", None),
    "with Bearer": (f"Bearer {TOKEN}", "prefix"),
    "with bearer in lower case": (f"bearer {TOKEN}\n", "prefix"),
    "with the header's name": (f"Authorization: Bearer {TOKEN}", "prefix"),
    "with Bearer twice": (f"Bearer Bearer {TOKEN}", "prefix"),
    "in quotes": (f'"{TOKEN}"', "quotes"),
    "in typographic quotes": (f"\u201c{TOKEN}\u201d", "quotes"),
    "in quotes with Bearer": (f'"Bearer {TOKEN}",', "prefix `Bearer ` and quotes"),
    "with a space before": (f" {TOKEN}", "white space"),
    "with a no-break space after": (f"{TOKEN}\u00a0", "white space"),
    "with a zero-width space before": (f"\u200b{TOKEN}", "white space"),
    "wrapped by a terminal": (f"{TOKEN[:HALF]}\n{TOKEN[HALF:]}", "white space inside"),
}


@pytest.mark.parametrize(("text", "superfluous"), PASTED.values(), ids=PASTED.keys())
def test_what_is_pasted_along_is_taken_off_and_named(text: str, superfluous: str | None) -> None:
    token, found = cleaned(text)
    assert token == TOKEN
    assert (found is None) if superfluous is None else (found is not None and superfluous in found)


def test_a_token_with_something_pasted_along_is_still_examined() -> None:
    pasted = unpack(f"Bearer {TOKEN}")
    assert [finding.cause for finding in pasted.findings] == [Cause.PASTED_ALONG]
    assert pasted.parts is not None
    assert pasted.parts.claims == cognito()


IN_JSON: dict[str, tuple[str, str]] = {
    "a refusal": ('{"error": "invalid_client", "error_description": "no"}', 'refusal, "invalid_client" "no"'),
    "an ID token only": (
        '{"id_token": "x", "expires_in": 5}',
        'without an access_token; it has "id_token", "expires_in"',
    ),
    "an empty object": ("{}", "it has nothing"),
    "an answer": (f'{{"access_token": "{TOKEN}"}}', "the token is the value of its access_token"),
    "cut off": (f'{{"access_token": "{TOKEN}', "begins like JSON, and is none"),
}


@pytest.mark.parametrize(("text", "seen"), IN_JSON.values(), ids=IN_JSON.keys())
def test_of_json_it_is_said_what_it_holds(text: str, seen: str) -> None:
    with pytest.raises(TokenError) as refusal:
        parse(cleaned(text)[0])
    assert refusal.value.cause is Cause.NOT_A_TOKEN
    assert seen in refusal.value.message


@pytest.mark.parametrize("name", ["access_token", "accessToken"])
def test_a_token_is_taken_out_of_a_token_endpoints_answer(name: str) -> None:
    assert out_of_response(f'\n{{"{name}": "{TOKEN}", "token_type": "Bearer"}}\n') == TOKEN
    assert out_of_response(TOKEN) is None


HOSTILE = {
    "10 MB": ("a" * 10_000_000, "more than any server takes"),
    "white space between two letters": ("a" + " " * 60_000 + "b", "part(s)"),
    "quotes between two letters": ("a" + "\"'" * 30_000 + "b", "part(s)"),
    "prefixes without end": ("bearer " * 9_000, "nothing to read"),
    "10 MB of dots": ("." * 10_000_000, "more than any server takes"),
    "a deeply nested claim": (assembled({"alg": "RS256"}, b"[" * 20_000 + b"]" * 20_000), "nested too deeply"),
    "a claim nested a little too deeply": (
        assembled({"alg": "RS256"}, b'{"a":' + b"[" * 400 + b"]" * 400 + b"}"),
        "nested too deeply",
    ),
    "a claim nested in 500 objects": (
        assembled({"alg": "RS256"}, b'{"a":' * 500 + b"1" + b"}" * 500),
        "nested too deeply",
    ),
    "four thousand claims, the last one twice": (
        assembled({"alg": "RS256"}, b"{%s}" % b",".join(b'"%d":1' % (n % 3999) for n in range(4000))),
        '"0" is there twice',
    ),
    "a claim twice": (assembled({"alg": "RS256"}, b'{"aud": "a", "aud": "b"}'), '"aud" is there twice'),
    "bad base64 in the header": ("ey$.e30.x", "header is not base64url"),
    "a header of impossible length": ("abcde.e30.x", "header is not base64url"),
    "standard base64 instead of base64url": ("e30+/w.e30.x", "header is not base64url"),
    "NUL": ("eyJ\0.e30.x", "header is not base64url"),
    "NUL in a claim": (assembled({"alg": "RS256"}, b'{"aud": "\0"}'), "not JSON at position"),
    "a number of 5,000 digits": (assembled({"alg": "RS256"}, b'{"exp": %s}' % (b"9" * 5_000)), "5000 digits"),
    "a number beyond floats": (assembled({"alg": "RS256"}, b'{"exp": 1e999}'), "too large"),
    "NaN": (assembled({"alg": "RS256"}, b'{"exp": NaN}'), "NaN is no number"),
    "claims that are no object": (assembled({"alg": "RS256"}, b"[]"), "no JSON object"),
    "claims that are no UTF-8": (assembled({"alg": "RS256"}, b'{"a": "\xff\xfe"}'), "not UTF-8"),
    "two parts": ("e30.e30", "2 part(s)"),
    "nothing": ("", "nothing to read"),
}


@pytest.mark.parametrize(("text", "says"), HOSTILE.values(), ids=HOSTILE.keys())
def test_a_hostile_token_ends_in_one_clear_line_within_a_second_of_cpu_time(text: str, says: str) -> None:
    started = time.process_time()
    pasted = unpack(text)
    assert time.process_time() - started < 1
    assert pasted.parts is None
    assert [finding.cause for finding in pasted.findings] == [Cause.NOT_A_TOKEN]
    message = pasted.findings[0].message
    assert says in message
    assert "\n" not in message
    assert len(message) < 300


def test_a_claim_cannot_reach_the_terminal_as_a_command() -> None:
    with pytest.raises(TokenError) as refused:
        parse(assembled({"alg": "RS256"}, b'{"\\u001b[31m": 1, "\\u001b[31m": 2}'))
    assert "\x1b" not in refused.value.message


@given(st.text(max_size=200) | st.from_regex(r"(Bearer )?[\"']?eyJ[A-Za-z0-9_-]*(\.[A-Za-z0-9_=+/-]*){0,4}[\"']?"))
def test_any_text_is_a_token_or_has_a_finding(text: str) -> None:
    pasted = unpack(text)
    assert pasted.parts is not None or pasted.findings
    assert all("\n" not in finding.message for finding in pasted.findings)


@given(st.binary(max_size=300))
def test_claims_of_any_bytes_are_read_or_refused(payload: bytes) -> None:
    pasted = unpack(assembled({"alg": "RS256"}, payload))
    assert pasted.parts is not None or pasted.findings


def test_the_longest_token_is_longer_than_any_header_that_servers_take() -> None:
    assert MAX_BYTES > 16 * 1024


@pytest.mark.parametrize(
    ("keys", "cause"),
    [
        ({}, Cause.JWKS_UNUSABLE),
        ({"keys": "x"}, Cause.JWKS_UNUSABLE),
        ({"keys": []}, Cause.JWKS_UNUSABLE),
        ({"keys": [7, None]}, Cause.JWKS_UNUSABLE),
        ({"keys": [public_key(use="enc")]}, Cause.JWKS_UNUSABLE),
        ({"keys": [public_key(alg="HS256")]}, Cause.JWKS_UNUSABLE),
        ({"keys": [public_key(n="!")]}, Cause.JWKS_UNUSABLE),
        ({"keys": [public_key(n=7)]}, Cause.JWKS_UNUSABLE),
        ({"keys": [public_key(kid="other")]}, Cause.UNKNOWN_KEY),
        ({"keys": [{**public_key("other"), "kid": "current"}]}, Cause.SIGNATURE_WRONG),
        ({"keys": [public_key(alg="RS512")]}, Cause.ALGORITHM_NOT_ALLOWED),
        ({"keys": [public_key(kty="EC")]}, Cause.ALGORITHM_NOT_ALLOWED),
    ],
)
def test_a_key_set_that_does_not_verify_has_its_cause(keys: dict[str, object], cause: Cause) -> None:
    with pytest.raises(TokenError) as refused:
        verify(TOKEN, keys)
    assert refused.value.cause is cause


def test_a_token_without_key_id_is_verified_by_every_key() -> None:
    token = jwt.encode(cognito(), signing_key("current"), "RS256")
    assert "kid" not in parse(token).header
    assert verify(token, {"keys": [public_key("other"), public_key()]}) == cognito()


def test_a_key_without_algorithm_is_usable() -> None:
    key = {name: value for name, value in public_key().items() if name != "alg"}
    assert verify(TOKEN, {"keys": [key]}) == cognito()
    assert readable_keys({"keys": [key, public_key(n="!")]}) == [key]


def test_a_changed_claim_breaks_the_signature() -> None:
    header, _, signature = TOKEN.split(".")
    forged = assembled({}, cognito(client_id="another")).split(".")[1]
    with pytest.raises(TokenError) as refused:
        verify(f"{header}.{forged}.{signature}", key_set())
    assert refused.value.cause is Cause.SIGNATURE_WRONG


def test_a_key_of_a_strange_type_is_no_key() -> None:
    with pytest.raises(TokenError) as refused:
        verify(signed({"iss": "a"}), {"keys": [{"kty": ["RSA"], "kid": ["k"], "alg": []}]})
    assert refused.value.cause is Cause.JWKS_UNUSABLE
