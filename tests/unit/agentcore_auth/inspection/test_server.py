"""The page's server answers its own page on this machine, and nobody and nothing else."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections.abc import Generator, Mapping
from typing import Any

import pytest

from agentcore_auth.inspection.server import MAX_BODY, PageServer

JSON = {"Content-Type": "application/json"}


@pytest.fixture
def asked() -> list[Mapping[str, object]]:
    return []


@pytest.fixture
def server(asked: list[Mapping[str, object]]) -> Generator[PageServer]:
    def answer(question: Mapping[str, object]) -> Mapping[str, object]:
        asked.append(question)
        return {"answer": question.get("token")}

    with PageServer(["cognito", "<b>"], answer) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


def ask(
    server: PageServer, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> tuple[int, Mapping[str, str], str]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    connection.request("GET" if data is None else "POST", path, data, dict(headers or {}))
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, text


def test_serves_the_page_and_what_it_is_made_of(server: PageServer) -> None:
    status, _, page = ask(server, server.path)
    assert status == 200
    assert '<option value="cognito">' in page
    assert "&lt;b&gt;" in page
    for name, kind in (("style.css", "text/css"), ("script.js", "text/javascript")):
        status, headers, _ = ask(server, server.path + name)
        assert (status, headers["content-type"]) == (200, f"{kind}; charset=utf-8")


def test_the_page_has_no_code_or_style_of_its_own_and_names_no_other_host(server: PageServer) -> None:
    _, _, page = ask(server, server.path)
    assert re.findall(r"<script[^>]*>", page) == ['<script src="script.js" defer>']
    assert not re.search(r"<style|\sstyle=|\son\w+=|https?://", page)


def test_answers_the_page(server: PageServer, asked: list[Mapping[str, object]]) -> None:
    status, _, text = ask(
        server, f"{server.path}explain", {"token": "t"}, {**JSON, "Origin": server.url[: -len(server.path)]}
    )
    assert (status, json.loads(text)) == (200, {"answer": "t"})
    assert asked == [{"token": "t"}]


@pytest.mark.parametrize("host", ["evil.example.com", "evil.example.com:{port}", "127.0.0.1", "", "[::1]:{port}"])
def test_a_name_that_somebody_lets_point_here_is_refused(
    server: PageServer, asked: list[Mapping[str, object]], host: str
) -> None:
    name = {"Host": host.format(port=server.server_port)}
    assert ask(server, server.path, headers=name)[0] == 404
    assert ask(server, f"{server.path}explain", {"token": "t"}, {**JSON, **name})[0] == 404
    assert asked == []


def test_localhost_is_this_machine(server: PageServer) -> None:
    assert ask(server, server.path, headers={"Host": f"localhost:{server.server_port}"})[0] == 200


@pytest.mark.parametrize(
    "path", ["/", "/style.css", "/explain", "/wrong/", "{path}..%2f", "{path}server.py", "{path}../server.py"]
)
def test_without_its_path_there_is_nothing(server: PageServer, path: str) -> None:
    status, _, text = ask(server, path.format(path=server.path))
    assert (status, text) == (404, "")


def test_paths_are_made_anew(server: PageServer) -> None:
    with PageServer([], lambda _: {}) as other:
        assert other.path != server.path
        assert len(other.path) > 30


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "text/plain"}, {"token": "t"}, 403),
        ({}, {"token": "t"}, 403),
        ({**JSON, "Origin": "https://evil.example.com"}, {"token": "t"}, 403),
        ({**JSON, "Origin": "null"}, {"token": "t"}, 403),
        (JSON, b"{", 400),
        (JSON, b"[]", 400),
        (JSON, b"[" * 100_000, 400),
        ({**JSON, "Content-Length": "-1"}, b"{}", 413),
        ({**JSON, "Content-Length": str(MAX_BODY + 1)}, b"{}", 413),
    ],
)
def test_what_another_page_could_send_is_refused(
    server: PageServer, asked: list[Mapping[str, object]], headers: Mapping[str, str], body: Any, status: int
) -> None:
    assert ask(server, f"{server.path}explain", body, headers)[0] == status
    assert asked == []


def test_nothing_is_kept_logged_or_shown_to_others(server: PageServer, capfd: pytest.CaptureFixture[str]) -> None:
    answers = [
        ask(server, server.path),
        ask(server, "/"),
        ask(server, f"{server.path}explain", {"token": "t"}, JSON),
    ]
    for _, headers, _ in answers:
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert "set-cookie" not in headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    assert capfd.readouterr() == ("", "")
