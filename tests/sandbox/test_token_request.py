"""Reading a request to a token endpoint: forms, JSON, Basic credentials, and what nobody can read."""

from __future__ import annotations

import base64
import json
from urllib.parse import urlencode

import pytest

from sandbox.tenants.token_request import OAuthError, TokenRequest, parse_token_request

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json; charset=utf-8"}
ASKED = {"grant_type": "client_credentials", "scope": "read  write read", "audience": "api"}


def basic(text: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(text.encode()).decode()}


def test_a_form_with_the_secret_in_the_body() -> None:
    body = urlencode({**ASKED, "client_id": "id", "client_secret": "s+cret&"}).encode()
    assert parse_token_request(FORM, body, accepts_json=False) == TokenRequest(
        grant_type="client_credentials",
        client_id="id",
        client_secret="s+cret&",
        method="client_secret_post",
        scopes=("read", "write"),
        audience="api",
    )


def test_json_says_the_same_as_a_form() -> None:
    asked = {**ASKED, "client_id": "id", "client_secret": "secret"}
    from_json = parse_token_request(JSON, json.dumps(asked).encode(), accepts_json=True)
    assert from_json == parse_token_request(FORM, urlencode(asked).encode(), accepts_json=True)


def test_basic_credentials_are_form_encoded_before_they_are_joined() -> None:
    request = parse_token_request({**FORM, **basic("an%3Aid:s%20cret")}, urlencode(ASKED).encode(), accepts_json=False)
    assert (request.client_id, request.client_secret, request.method) == ("an:id", "s cret", "client_secret_basic")


def test_a_client_without_a_secret_has_no_method() -> None:
    request = parse_token_request(FORM, b"client_id=id", accepts_json=False)
    assert (request.client_id, request.method, request.scopes, request.audience) == ("id", "none", (), None)


@pytest.mark.parametrize(
    ("headers", "body", "status", "error"),
    [
        ({**FORM, **basic("id:secret")}, b"client_secret=secret", 400, "invalid_request"),
        (FORM, b"scope=a&scope=b", 400, "invalid_request"),
        (JSON, b"{}", 400, "invalid_request"),
        ({}, b"client_id=id", 400, "invalid_request"),
    ],
)
def test_what_cannot_be_read_is_refused(headers: dict[str, str], body: bytes, status: int, error: str) -> None:
    with pytest.raises(OAuthError) as refused:
        parse_token_request(headers, body, accepts_json=False)
    assert (refused.value.status, refused.value.error) == (status, error)


@pytest.mark.parametrize("credentials", [basic("no colon"), {"authorization": "Basic ***"}])
def test_broken_basic_credentials_show_no_secret(credentials: dict[str, str]) -> None:
    assert parse_token_request({**FORM, **credentials}, b"client_id=id", accepts_json=False).client_secret == ""


@pytest.mark.parametrize("body", [b"{", b"[]", b'"text"'])
def test_json_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(OAuthError, match="invalid_request"):
        parse_token_request(JSON, body, accepts_json=True)
