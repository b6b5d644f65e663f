"""Issuers, token endpoints and proxies that answer with anything: a command ends in its lines, never in a traceback,
and nothing that they say is obeyed by a terminal or by a workflow's log.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from agentcore_auth.authorizer.causes import Cause, harmless, one_line, quoted
from agentcore_auth.tokens import client, transport
from agentcore_auth.tokens.cache import TokenCache
from agentcore_auth.tokens.client import Credentials, TokenRequestError, request_token
from agentcore_auth.tokens.discovery import keys_problem
from agentcore_auth.tokens.getting import get_token
from agentcore_auth.tokens.transport import Response, UnreachableError
from tests.unit.issued_tokens import discovery_url, key_set, signed
from tests.unit.token_command import Answer, Command

ISSUER = "https://sso.example.com/realms/main"
KEYS = f"{ISSUER}/keys"
ENDPOINT = f"{ISSUER}/token"
SECRET = 'se"cr/et\u00e9~marked'
COMMANDS = "\x1b[31m\x07\r\n::error::gotcha\n##[set-env name=PATH]/tmp\u202e\u2028\x9b31m"
STRANGE: list[Any] = [
    *(None, True, False, 0, -1, 1.5, 10**39, "", " ", "x", "\0", "https://[", "https://[::1", "http://127.0.0.1:1/x"),
    *("file:///etc/passwd", "https://a:b/", "https://\ud800", "https://user:pass@x", [], [[]], ["x"], [None], {}),
    *({"a": {"b": [1]}}, {"": None}, "x" * 3000, COMMANDS, [COMMANDS], {COMMANDS: COMMANDS}),
]
RAW: list[bytes] = [
    *(b"", b"null", b"[]", b"{", b'"x"', b"\xff\xfe", b"NaN", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": 1, "a": 2}'),
    *(b"[" * 100_000, b'{"a":' * 5000, b"9" * 5000, b"<html>\x1b[31m", b"\xef\xbb\xbf{}", b"\0" * 100),
]


class Network:
    """Answers of servers that exist only here, by URL."""

    def __init__(self) -> None:
        self.bodies: dict[str, bytes | Exception] = {}
        self.status = 200

    def request(self, url: str, **_options: object) -> Response:
        body = self.bodies.get(url, UnreachableError(f"nobody answers at {url}"))
        if isinstance(body, Exception):
            raise body
        return Response(self.status, {"content-type": "application/json"}, body, url)

    def publish(self, document: Mapping[str, object], keys: object) -> None:
        self.bodies[discovery_url(ISSUER)] = json.dumps(document).encode()
        self.bodies[KEYS] = json.dumps(keys).encode()


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    played = Network()
    monkeypatch.setattr(transport, "request", played.request)
    monkeypatch.setattr(client, "request", played.request)
    return played


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return Command(monkeypatch)


def document(**changes: object) -> dict[str, object]:
    return {"issuer": ISSUER, "jwks_uri": KEYS, "token_endpoint": ENDPOINT, **changes}


def good_token() -> str:
    return signed({"iss": ISSUER, "client_id": "a", "exp": int(time.time()) + 600})


def ends_well(answer: Answer) -> None:
    """With an exit code of its own, and nothing that a terminal or a log obeys."""
    assert answer.code in {0, 1, 2, 3}
    for line in (answer.out + answer.err).split("\n"):
        assert line == "" or line.isprintable(), line
        assert not line.lstrip().startswith("::"), line
        assert "##[" not in line, line


def looked_at(tokens: Command) -> list[Answer]:
    check = tokens("check", "--discovery-url", discovery_url(ISSUER), "--allowed-clients", "a", stdin=good_token())
    return [check, tokens("discover", discovery_url(ISSUER))]


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("key", ["issuer", "jwks_uri", "token_endpoint", "grant_types_supported"])
def test_a_discovery_document_may_hold_anything(tokens: Command, network: Network, key: str, strange: object) -> None:
    network.publish(document(**{key: strange}), key_set())
    for answer in looked_at(tokens):
        ends_well(answer)


@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("key", ["keys", "a key", "kid", "n", "kty", "alg"])
def test_a_key_set_may_hold_anything(tokens: Command, network: Network, key: str, strange: object) -> None:
    [good] = key_set()["keys"]  # pyright: ignore[reportGeneralTypeIssues]
    keys = {"keys": strange} if key == "keys" else {"keys": [strange if key == "a key" else {**good, key: strange}]}
    network.publish(document(), keys)
    for answer in looked_at(tokens):
        ends_well(answer)


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
@pytest.mark.parametrize("url", [discovery_url(ISSUER), KEYS])
def test_a_document_may_be_anything(tokens: Command, network: Network, url: str, raw: bytes) -> None:
    network.publish(document(), key_set())
    network.bodies[url] = raw
    for answer in looked_at(tokens):
        ends_well(answer)
        assert answer.code != 0


def got(tokens: Command, folder: Path, *options: str) -> Answer:
    file = folder / "credentials.env"
    file.write_text(f"TOKEN_ENDPOINT={ENDPOINT}\nCOGNITO_CLIENT_ID=id\nCOGNITO_CLIENT_SECRET='{SECRET}'\n")
    return tokens("get", "--no-cache", "--env-file", str(file), *options)


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize("strange", STRANGE, ids=range(len(STRANGE)))
@pytest.mark.parametrize("key", ["access_token", "expires_in", "error", "error_description"])
def test_a_token_endpoint_may_say_anything(
    tokens: Command, network: Network, tmp_path: Path, key: str, strange: object, status: int
) -> None:
    network.status = status
    network.bodies[ENDPOINT] = json.dumps({"access_token": "a.b.c", key: strange}).encode()
    for options in ((), ("--json",)):
        ends_well(got(tokens, tmp_path, *options))


@pytest.mark.parametrize("raw", RAW, ids=range(len(RAW)))
def test_a_token_endpoint_may_answer_with_anything(
    tokens: Command, network: Network, tmp_path: Path, raw: bytes
) -> None:
    network.bodies[ENDPOINT] = raw
    answer = got(tokens, tmp_path)
    ends_well(answer)
    assert (answer.code, answer.out, answer.err.count("\n")) == (1, "", 2)


@pytest.mark.parametrize("token", ["a b", "a\nb", "::add-mask::x", "\x1b[31m", "tokén", "", "=", 'a"b'])
def test_what_is_no_bearer_token_is_not_handed_on(
    tokens: Command, network: Network, tmp_path: Path, token: str
) -> None:
    network.bodies[ENDPOINT] = json.dumps({"access_token": token}).encode()
    answer = got(tokens, tmp_path)
    assert (answer.code, answer.out) == (1, "")


@pytest.mark.parametrize("status", [200, 400, 401, 403])
@pytest.mark.parametrize(
    "echo",
    [SECRET, f"no client with {SECRET}", "aWQ6c2UlMjJjciUyRmV0JUMzJUE5fm1hcmtlZA==", "id:se%22cr%2Fet%C3%A9~marked"],
)
def test_a_secret_that_an_endpoint_repeats_is_not_printed(
    tokens: Command, network: Network, tmp_path: Path, echo: str, status: int
) -> None:
    network.status = status
    network.bodies[ENDPOINT] = json.dumps({"error": echo, "error_description": echo}).encode()
    answer = got(tokens, tmp_path, "--json")
    assert "[secret]" in answer.err
    for spelling in ("marked", "c2UlMjJjci"):
        assert spelling not in answer.out + answer.err


def test_what_a_proxy_says_is_not_obeyed(tokens: Command, network: Network, tmp_path: Path) -> None:
    network.bodies[ENDPOINT] = UnreachableError(f"Tunnel connection failed: 407 {COMMANDS}")
    ends_well(got(tokens, tmp_path))


def test_a_token_is_kept_no_longer_than_it_says_itself(network: Network, tmp_path: Path) -> None:
    token = signed({"exp": int(time.time()) + 300})
    network.bodies[ENDPOINT] = json.dumps({"access_token": token, "expires_in": 10**12}).encode()
    obtained = get_token(Credentials(ENDPOINT, "id", "secret"), TokenCache(tmp_path))
    assert obtained.expires_in <= 300


def test_a_short_lifetime_counts_also_where_the_token_has_a_longer_one(network: Network) -> None:
    network.bodies[ENDPOINT] = json.dumps({"access_token": good_token(), "expires_in": 60}).encode()
    assert get_token(Credentials(ENDPOINT, "id", "secret"), None).expires_in == 60


def test_a_refusal_keeps_its_cause_although_the_secret_is_in_it(network: Network) -> None:
    network.status = 401
    network.bodies[ENDPOINT] = b'{"error": "invalid_client", "error_description": "secret"}'
    with pytest.raises(TokenRequestError) as refused:
        request_token(ENDPOINT, "id", "secret")
    assert refused.value.cause is Cause.WRONG_SECRET


# Each row: a jwks_uri, the discovery URL's host, and whether keys are fetched there.
ADDRESSES = [
    ("https://sso.example.com/keys", "sso.example.com", True),
    ("https://keys.example.net/keys", "sso.example.com", True),
    ("https://10.0.0.7/keys", "sso.example.com", True),
    ("https://127.0.0.1/keys", "127.0.0.1", True),
    ("https://localhost:8443/keys", "localhost", True),
    ("http://sso.example.com/keys", "sso.example.com", False),
    ("http://127.0.0.1/keys", "127.0.0.1", False),
    ("ftp://sso.example.com/keys", "sso.example.com", False),
    ("https://127.0.0.1/keys", "sso.example.com", False),
    ("https://127.8.9.1:8443/keys", "sso.example.com", False),
    ("https://127.1/keys", "sso.example.com", False),
    ("https://2130706433/keys", "sso.example.com", False),
    ("https://0x7f.1/keys", "sso.example.com", False),
    ("https://0.0.0.0/keys", "sso.example.com", False),
    ("https://localhost/keys", "sso.example.com", False),
    ("https://LOCALHOST./keys", "sso.example.com", False),
    ("https://a.localhost/keys", "sso.example.com", False),
    ("https://169.254.169.254/latest/meta-data", "sso.example.com", False),
    ("https://[::1]/keys", "sso.example.com", False),
    ("https://[::]/keys", "sso.example.com", False),
    ("https://[::ffff:127.0.0.1]/keys", "sso.example.com", False),
    ("https://[fe80::1%25eth0]/keys", "sso.example.com", False),
    ("https://localhost/keys", "127.0.0.1", False),
    ("https://user@127.0.0.1/keys", "sso.example.com", False),
]


@pytest.mark.parametrize(("jwks_uri", "host", "fetched"), ADDRESSES)
def test_keys_are_fetched_over_https_and_not_from_this_machine(jwks_uri: str, host: str, fetched: bool) -> None:
    assert (keys_problem(jwks_uri, f"https://{host}/.well-known/openid-configuration") is None) is fetched


def test_such_keys_are_named_and_not_asked_for(tokens: Command, network: Network) -> None:
    network.publish(document(jwks_uri="https://169.254.169.254/keys"), key_set())
    for answer in looked_at(tokens):
        assert answer.code == 1
        assert "jwks_unusable" in answer.out
        assert "this machine's own address" in answer.out


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain text, also ü and 日", "plain text, also ü and 日"),
        ("two\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b31m \u202e \u2028", "\\x9b31m \\u202e \\u2028"),
        ("::error::x", ": :error::x"),
        ("a\n  ::add-mask::x", "a\n  : :add-mask::x"),
        ("C++ std::string", "C++ std::string"),
        ("see ##[error]x", "see ## [error]x"),
    ],
)
def test_commands_within_a_text_are_written_out(text: str, shown: str) -> None:
    assert harmless(text) == shown


def test_what_others_say_fits_into_a_line() -> None:
    assert one_line("a\r\n::b  \t c") == "a ::b c"
    assert one_line("::b") == ": :b"
    assert len(one_line("x" * 1000)) == 300


def test_a_quoted_value_is_still_json() -> None:
    assert "##[" not in quoted("##[error]")
    assert json.loads(quoted("##[error]")) == "##[error]"
