"""The token tools on a real network: discovery, key sets, token endpoints, proxies, and servers that misbehave."""

from __future__ import annotations

import base64
import contextlib
import json
import socketserver
import time
from collections.abc import Generator
from pathlib import Path
from threading import Event

import pytest

from agentcore_auth.authorizer.causes import Cause
from agentcore_auth.tokens.client import TokenRequestError, request_token
from agentcore_auth.tokens.transport import MAX_BYTES, UnreachableError, request
from tests.sandbox.https_server import Asked, HttpsServer, Reply, https_server, proxy_to, serving
from tests.unit.issued_tokens import discovery_url, key_set, public_key, signed
from tests.unit.token_command import Command

NAME = "issuer.example.com"
WELL_KNOWN = "/.well-known/openid-configuration"


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[HttpsServer]:
    """An issuer's server on the loopback interface, whose CA is trusted."""
    with https_server(tmp_path, NAME) as started:
        monkeypatch.setenv("SSL_CERT_FILE", str(started.ca))
        yield started


@pytest.fixture
def issuer(server: HttpsServer) -> str:
    """An issuer with discovery document and key set; its URL."""
    server.routes[WELL_KNOWN] = Reply(document(server.url))
    server.routes["/keys"] = Reply(key_set())
    return server.url


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


def document(issuer: str, /, **changes: object) -> dict[str, object]:
    claims: dict[str, object] = {
        "issuer": issuer,
        "token_endpoint": f"{issuer}/token",
        "jwks_uri": f"{issuer}/keys",
        "grant_types_supported": ["client_credentials"],
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def token_of(issuer: str, **changes: object) -> str:
    now = int(time.time())
    return signed({"iss": issuer, "client_id": "a", "aud": "gw", "iat": now - 5, "exp": now + 600, **changes})


def check(tokens: Command, issuer: str, token: str, *options: str) -> tuple[int, dict[str, object]]:
    arguments = ("check", "--json", "--discovery-url", discovery_url(issuer), "--allowed-clients", "a", *options)
    answer = tokens(*arguments, stdin=token)
    return answer.code, answer.document


def test_check_reads_discovery_document_and_keys(tokens: Command, server: HttpsServer, issuer: str) -> None:
    code, found = check(tokens, issuer, token_of(issuer))
    assert (code, found["status"], found["matched"]) == (0, 200, ["client_id"])
    assert [asked.path for asked in server.asked] == [WELL_KNOWN, "/keys"]


def test_another_issuers_document_is_a_note_and_its_issuer_the_one_that_counts(
    tokens: Command, server: HttpsServer, issuer: str
) -> None:
    other = "https://other.example.com"
    server.routes[WELL_KNOWN] = Reply({**document(issuer), "issuer": other})
    for token, status in ((token_of(other), 200), (token_of(issuer), 401)):
        _, found = check(tokens, issuer, token)
        assert found["status"] == status
        assert f'"{other}"' in str(found["notes"])
    discovered = tokens("discover", "--json", discovery_url(issuer))
    assert (discovered.code, discovered.document["findings"]) == (0, [])
    assert f'"{other}"' in str(discovered.document["notes"])


def test_the_token_never_leaves_the_machine(tokens: Command, server: HttpsServer, issuer: str) -> None:
    token = token_of(issuer)
    check(tokens, issuer, token)
    assert server.asked
    for asked in server.asked:
        assert "authorization" not in asked.headers
        assert asked.body == b""
        assert token not in asked.path


def test_check_with_a_key_file_needs_no_network(
    tokens: Command, server: HttpsServer, issuer: str, tmp_path: Path
) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(key_set()))
    code, _ = check(tokens, issuer, token_of(issuer), "--jwks", str(file))
    assert code == 0
    assert server.asked == []


def test_what_is_no_token_is_not_worth_a_request(tokens: Command, server: HttpsServer, issuer: str) -> None:
    code, found = check(tokens, issuer, "hello")
    assert (code, found["cause"]) == (1, "not_a_token")
    assert server.asked == []


DOCUMENTS = {
    "nothing there": (Reply(b"", 404), "discovery_not_found", 1),
    "a server in trouble": (Reply(b"", 503), "discovery_unreachable", 3),
    "a page for people": (Reply(b"<html>"), "discovery_not_json", 1),
    "JSON that is no object": (Reply([1]), "discovery_not_json", 1),
    "a document that is nested too deeply": (Reply(b"[" * 200_000), "discovery_not_json", 1),
    "more than a megabyte": (Reply(b" " * (MAX_BYTES + 1)), "discovery_unreachable", 3),
    "a document without keys": (Reply({"issuer": "x"}), "discovery_incomplete", 1),
}


@pytest.mark.parametrize(("reply", "cause", "code"), DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_a_discovery_document_of_no_use_has_its_cause(
    tokens: Command, server: HttpsServer, issuer: str, reply: Reply, cause: str, code: int
) -> None:
    server.routes[WELL_KNOWN] = reply
    ended, found = check(tokens, issuer, token_of(issuer))
    assert (ended, found["status"], found["cause"]) == (code, 401 if code == 1 else None, cause)
    assert f"agentcore-auth discover {discovery_url(issuer)}" in str(found["remedy"])


KEYS = {
    "no key set": (Reply(b"", 404), "discovery_not_found"),
    "keys that are no JSON": (Reply(b"-----BEGIN"), "jwks_unusable"),
    "no keys": (Reply({"keys": []}), "jwks_unusable"),
    "keys of another time": (Reply({"keys": [public_key("older")]}), "unknown_key"),
}


@pytest.mark.parametrize(("reply", "cause"), KEYS.values(), ids=KEYS.keys())
def test_a_key_set_of_no_use_has_its_cause(
    tokens: Command, server: HttpsServer, issuer: str, reply: Reply, cause: str
) -> None:
    server.routes["/keys"] = reply
    code, found = check(tokens, issuer, token_of(issuer))
    assert (code, found["cause"]) == (1, cause)


def test_a_server_that_is_not_there_cannot_be_reached(tokens: Command) -> None:
    code, found = check(tokens, "https://127.0.0.1:1", token_of("https://127.0.0.1:1"))
    assert (code, found["cause"]) == (3, "discovery_unreachable")


def test_a_certificate_that_is_not_trusted_is_named(
    server: HttpsServer, issuer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(UnreachableError, match="set SSL_CERT_FILE"):
        request(issuer)
    assert server.asked == []


def test_a_redirect_on_the_same_host_is_followed(server: HttpsServer, issuer: str) -> None:
    server.routes["/old"] = Reply(b"", 302, {"Location": "/keys"})
    assert request(f"{issuer}/old").status == 200


@pytest.mark.parametrize("elsewhere", ["https://other.example.com/keys", "http://127.0.0.1:{port}/keys"])
def test_a_redirect_elsewhere_is_not_followed(server: HttpsServer, issuer: str, elsewhere: str) -> None:
    server.routes["/old"] = Reply(b"", 302, {"Location": elsewhere.format(port=server.port)})
    with pytest.raises(UnreachableError, match="another host"):
        request(f"{issuer}/old")


def test_a_circle_of_redirects_ends(server: HttpsServer, issuer: str) -> None:
    server.routes["/a"] = Reply(b"", 302, {"Location": "/a"})
    assert request(f"{issuer}/a").status == 302


def test_a_server_that_does_not_answer_is_given_up(server: HttpsServer, issuer: str) -> None:
    given_up = Event()

    def never(_: Asked) -> Reply:
        given_up.wait()
        return Reply()

    server.routes["/never"] = never
    try:
        with pytest.raises(UnreachableError, match="timed out"):
            request(f"{issuer}/never", timeout=0.2)
    finally:
        given_up.set()


@pytest.mark.parametrize("place", ["headers", "body"])
def test_a_server_that_sends_a_byte_now_and_then_is_given_up(place: str) -> None:
    given_up = Event()
    beginning = b"HTTP/1.1 200 OK\r\n" + (b"" if place == "headers" else b"Content-Length: 100000\r\n\r\n")

    class Dripping(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            with contextlib.suppress(OSError):
                self.wfile.write(beginning)
                while not given_up.wait(0.02):
                    self.wfile.write(b"x")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Dripping) as server, serving(server):
        try:
            # No read waits as long as the timeout of a single one.
            with pytest.raises(UnreachableError, match=r"has not answered in full after 0\.5 seconds"):
                request(f"http://127.0.0.1:{server.server_address[1]}/", timeout=60, limit=0.5)
        finally:
            given_up.set()


@pytest.mark.parametrize("url", ["http://issuer.example.com", "ftp://x", "file:///etc/passwd", "x", "https://[", ""])
def test_only_https_is_asked(url: str) -> None:
    with pytest.raises(UnreachableError, match="is no"):
        request(url)


def test_a_proxy_is_used_except_where_the_environment_says_not(
    server: HttpsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.routes["/keys"] = Reply(key_set())
    with proxy_to(server.port) as (url, asked):
        monkeypatch.setenv("HTTPS_PROXY", url)
        assert request(f"https://{NAME}/keys").status == 200
        assert asked == [f"{NAME}:443"]
        monkeypatch.setenv("NO_PROXY", NAME)
        with pytest.raises(UnreachableError):
            request(f"https://{NAME}/keys", timeout=2)
        assert len(asked) == 1


# discover

FINDINGS = {
    "all is well": ({}, [], 0),
    "no token endpoint": ({"token_endpoint": None}, ["discovery_incomplete"], 1),
    "no key set": ({"jwks_uri": None}, ["discovery_incomplete"], 1),
    "all tenants": ({"issuer": "https://login.example.com/{tenantid}/v2.0"}, ["discovery_wrong_issuer"], 1),
    "client_credentials not offered": ({"grant_types_supported": ["authorization_code"]}, ["grant_not_enabled"], 1),
    "grants not stated, as at Cognito": ({"grant_types_supported": None}, [], 0),
}


@pytest.mark.parametrize(("changes", "causes", "code"), FINDINGS.values(), ids=FINDINGS.keys())
def test_discover_checks_the_document(
    tokens: Command, server: HttpsServer, issuer: str, changes: dict[str, object], causes: list[str], code: int
) -> None:
    server.routes[WELL_KNOWN] = Reply(document(issuer, **changes))
    answer = tokens("discover", "--json", discovery_url(issuer))
    assert answer.code == code
    assert [finding["cause"] for finding in answer.document["findings"]] == causes
    assert answer.document["likelyUrl"] is None


def test_discover_shows_what_a_gateway_needs(tokens: Command, issuer: str) -> None:
    shown = tokens("discover", discovery_url(issuer))
    assert shown.code == 0
    for text in (f'"{issuer}/token"', "client_credentials: offered", '1 usable (["RS256"])', "fine: "):
        assert text in shown.out


def test_discover_finds_the_right_url_for_a_wrong_one(tokens: Command, issuer: str) -> None:
    shown = tokens("discover", issuer)
    assert shown.code == 1
    assert f"likely right: {discovery_url(issuer)} (it answers)" in shown.out


def test_discover_tells_a_wrong_path_from_a_dead_host(tokens: Command, server: HttpsServer) -> None:
    wrong = tokens("discover", "--json", f"{server.url}/pool{WELL_KNOWN}")
    assert (wrong.code, wrong.document["findings"][0]["cause"]) == (1, "discovery_not_found")
    dead = tokens("discover", "--json", f"https://127.0.0.1:1{WELL_KNOWN}")
    assert (dead.code, dead.document["findings"][0]["cause"]) == (3, "discovery_unreachable")


# the token request


def test_the_secret_goes_in_the_header_except_to_auth0(server: HttpsServer) -> None:
    server.routes |= {path: Reply({"access_token": "t", "expires_in": 60}) for path in ("/token", "/oauth/token")}
    request_token(f"{server.url}/token", "id", "se:cr/et", scope="a b", audience="gw")
    request_token(f"{server.url}/oauth/token", "id", "se:cr/et", scope="a b", audience="gw")
    basic, post = server.asked
    assert base64.b64decode(basic.headers["authorization"].removeprefix("Basic ")) == b"id:se%3Acr%2Fet"
    assert basic.form == {"grant_type": "client_credentials", "scope": "a b"}
    assert "authorization" not in post.headers
    assert post.form == {
        "grant_type": "client_credentials",
        "client_id": "id",
        "client_secret": "se:cr/et",
        "scope": "a b",
        "audience": "gw",
    }


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_endpoint_is_tried_again_with_growing_pauses(server: HttpsServer, status: int) -> None:
    replies = iter([Reply(b"", status), Reply(b"", status), Reply({"access_token": "t"})])
    server.routes["/token"] = lambda _: next(replies)
    pauses: list[float] = []
    assert request_token(f"{server.url}/token", "id", "secret", pause=pauses.append).access_token == "t"
    assert pauses == [0.5, 1.0]


def test_an_endpoint_that_stays_busy_is_given_up(server: HttpsServer) -> None:
    server.routes["/token"] = Reply(b"", 429, {"Retry-After": "99"})
    pauses: list[float] = []
    with pytest.raises(TokenRequestError, match="5 times in a row") as refused:
        request_token(f"{server.url}/token", "id", "secret", pause=pauses.append)
    assert refused.value.cause is Cause.RATE_LIMITED
    assert pauses == [8.0, 8.0, 8.0, 8.0]


REFUSED = {
    "a wrong secret": (Reply({"error": "invalid_client"}, 401), "wrong_secret", 1),
    "no such path": (Reply(b"<html>", 404), "endpoint_wrong", 1),
    "a page instead of a token": (Reply(b"<html>"), "endpoint_wrong", 1),
    "an error that is no text": (Reply({"error": {"a": 1}, "error_description": [2]}, 400), "request_refused", 1),
}


@pytest.mark.parametrize(("reply", "cause", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_get_ends_in_a_cause_and_a_remedy(
    tokens: Command,
    server: HttpsServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reply: Reply,
    cause: str,
    code: int,
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    server.routes["/token"] = reply
    answer = tokens("get", "--env-file", str(dotenv(server, tmp_path)))
    assert answer.code == code
    assert answer.out == ""
    assert answer.err.startswith(f"get: {cause}: ")
    assert answer.err.count("\n") == 2
    assert "remedy: " in answer.err


def dotenv(server: HttpsServer, folder: Path) -> Path:
    file = folder / "credentials.env"
    file.write_text(
        f"TOKEN_ENDPOINT={server.url}/token\nCOGNITO_CLIENT_ID=id\nCOGNITO_CLIENT_SECRET=secret\nSCOPE='a b'\n"
    )
    return file


def test_get_prints_the_token_alone_and_keeps_it(
    tokens: Command, server: HttpsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    count = iter(range(1, 9))
    server.routes["/token"] = lambda _: Reply({"access_token": f"token-{next(count)}", "expires_in": 3600})
    file = str(dotenv(server, tmp_path))
    assert tokens("get", "--env-file", file).out == "token-1\n"
    assert tokens("get", "--env-file", file).out == "token-1\n"
    assert tokens("get", "--env-file", file, "--no-cache").out == "token-2\n"
    assert tokens("get", "--env-file", file, "--scope", "c").out == "token-3\n"
    cached = tokens("get", "--env-file", file, "--json").document
    assert (cached["accessToken"], cached["cached"], cached["scope"]) == ("token-1", True, "a b")
    assert [asked.form["scope"] for asked in server.asked] == ["a b", "a b", "c"]


def test_get_from_the_tutorials_own_file(
    tokens: Command, server: HttpsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    server.routes["/oauth2/token"] = Reply({"access_token": "t"})
    file = tmp_path / "tutorial.env"
    domain = "https://pool.auth.us-west-2.amazoncognito.com"
    file.write_text(f"# For Cognito\nCOGNITO_DOMAIN={domain}\nCOGNITO_CLIENT_ID=id\nCOGNITO_CLIENT_SECRET=secret\n")
    with proxy_to(server.port) as (url, asked):
        monkeypatch.setenv("HTTPS_PROXY", url)
        answer = tokens("get", "--env-file", str(file))
    # The server's certificate is for another name: the request went to the right place, and was not trusted there.
    assert asked == ["pool.auth.us-west-2.amazoncognito.com:443"]
    assert answer.code == 3
    assert "unreachable" in answer.err
