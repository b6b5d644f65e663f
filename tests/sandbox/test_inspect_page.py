"""`inspect` in a real browser: by keyboard, in light and dark, on a small screen, and the verdict is `check`'s."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from agentcore_auth.cli.check import Source
from agentcore_auth.cli.inspect import Explainer
from agentcore_auth.inspection.server import PageServer
from scripts.browser import find
from tests.sandbox.https_server import HttpsServer, Reply, https_server
from tests.unit.issued_tokens import key_set, signed
from tests.unit.project import PROJECT
from tests.unit.token_command import Command

WIDE, NARROW = ViewportSize(width=1280, height=800), ViewportSize(width=320, height=640)
MARKUP = "<img src=x onerror=\"document.title='run'\">"
Open = Callable[..., Page]
expect.set_options(timeout=60_000)  # milliseconds; five seconds by default, which a busy machine takes


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    program = find()
    assert program is not None, "these tests need Chromium or Chrome: python -m scripts.browser installs one"
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=str(program), args=arguments)
        yield started
        started.close()


@pytest.fixture
def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[HttpsServer]:
    with https_server(tmp_path) as started:
        monkeypatch.setenv("SSL_CERT_FILE", str(started.ca))
        document = {"issuer": started.url, "jwks_uri": f"{started.url}/keys", "token_endpoint": "x"}
        started.routes |= {"/.well-known/openid-configuration": Reply(document), "/keys": Reply(key_set())}
        yield started


@pytest.fixture
def token(issuer: HttpsServer) -> str:
    now = int(time.time())
    claims = {"iss": issuer.url, "client_id": "agent", "scope": "read", "iat": now - 5, "exp": now + 600, "own": MARKUP}
    return signed(claims)


def authorizer(issuer: HttpsServer, **lists: list[str]) -> dict[str, object]:
    return {"discoveryUrl": f"{issuer.url}/.well-known/openid-configuration", **lists}


@pytest.fixture
def server(issuer: HttpsServer) -> Generator[PageServer]:
    gateways = {
        "corp": Source(authorizer(issuer, allowedClients=["agent"], allowedScopes=["read"]), "corp", "dev"),
        "other": Source(authorizer(issuer, allowedClients=["Agent"], allowedAudience=["api"]), "other", "dev"),
    }
    with PageServer(gateways, Explainer(gateways)) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.02,))
        thread.start()
        yield listening
        listening.shutdown()
        thread.join()


@pytest.fixture
def complaints() -> list[str]:
    """What the browser complains of."""
    return []


@pytest.fixture
def opened(browser: Browser, server: PageServer, complaints: list[str]) -> Generator[Open]:
    contexts = [browser.new_context()]

    def new(viewport: ViewportSize = WIDE, scheme: str = "light") -> Page:
        context = browser.new_context(viewport=viewport, color_scheme="dark" if scheme == "dark" else "light")
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(server.url)
        return page

    yield new
    for context in contexts:
        context.close()


def explain(page: Page, token: str, gateway: str) -> None:
    page.get_by_label("Token").fill(token)
    page.get_by_label("Judged by").select_option(gateway)
    page.get_by_role("button", name="Explain").click()
    page.wait_for_selector("#result[aria-busy=false] .verdict")


@pytest.mark.parametrize("gateway", ["corp", "other"])
def test_the_verdict_is_that_of_check(
    opened: Open,
    issuer: HttpsServer,
    token: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    gateway: str,
    complaints: list[str],
) -> None:
    lists = {"corp": {"allowedClients": ["agent"], "allowedScopes": ["read"]}}
    document = authorizer(issuer, **lists.get(gateway, {"allowedClients": ["Agent"], "allowedAudience": ["api"]}))
    file = tmp_path / "authorizer.json"
    file.write_text(json.dumps(document))
    checked = Command(monkeypatch)(
        "check", "--authorizer", str(file), "--gateway", gateway, "--json", stdin=token
    ).document
    page = opened()
    explain(page, token, gateway)
    shown = page.locator(".verdict").inner_text()
    assert shown.startswith(f"{checked['status']}")
    for finding in checked["findings"]:
        expect(page.locator("#result")).to_contain_text(finding["message"])
    if checked["remedy"]:
        expect(page.locator(".remedy")).to_contain_text("allowedClients")
    assert complaints == []


def test_claims_have_meanings_and_the_lists_that_look_at_them(opened: Open, token: str) -> None:
    page = opened()
    explain(page, token, "other")
    client = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="client_id"))
    expect(client).to_contain_text("the application that asked for the token")
    expect(client).to_contain_text("allowedClients ✗ does not match")
    needed = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="allowedAudience"))
    expect(needed).to_contain_text("one of api")
    expect(needed).to_contain_text("nothing")


def test_what_a_token_says_is_shown_as_text(opened: Open, token: str, complaints: list[str]) -> None:
    page = opened()
    explain(page, token, "corp")
    expect(page.locator("#result")).to_contain_text("<img src=x")
    assert page.locator("#result img").count() == 0
    assert page.title() == "What a gateway says to a token"
    assert complaints == []


def test_the_keyboard_is_enough(opened: Open, issuer: HttpsServer, token: str) -> None:
    page = opened()
    expect(page.get_by_label("Token")).to_be_focused()  # from the start, which is when the page is drawn
    page.keyboard.insert_text(token)
    page.keyboard.press("Tab")
    page.keyboard.type("an auth")
    page.keyboard.press("Tab")
    page.keyboard.insert_text(json.dumps(authorizer(issuer, allowedScopes=["read"])))
    page.keyboard.press("Control+Enter")
    expect(page.locator(".verdict.good")).to_contain_text("200")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Token")).to_have_value("")
    expect(page.get_by_label("Token")).to_be_focused()
    assert page.locator(".verdict").count() == 0


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_is_readable(opened: Open, token: str, viewport: ViewportSize, scheme: str) -> None:
    page = opened(viewport, scheme)
    explain(page, token, "other")
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    for selector in ("h1", "td", ".verdict", ".mark.bad", ".mark.good", ".help", "button[type=submit]", "textarea"):
        assert contrast(page, selector) >= 4.5, f"{selector} in {scheme}"  # WCAG 2.2, 1.4.3


def contrast(page: Page, selector: str) -> float:
    """The ratio of an element's text and its background, as WCAG 2.2 defines it."""
    colors = page.locator(selector).first.evaluate(
        """(element) => {
          const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
          const channels = (color) => {
            paint.fillStyle = color;
            paint.fillRect(0, 0, 1, 1);
            return [...paint.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          let behind = element;
          while (behind.parentElement && getComputedStyle(behind).backgroundColor === "rgba(0, 0, 0, 0)") {
            behind = behind.parentElement;
          }
          return [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor].map(channels);
        }"""
    )
    light, dark = sorted((luminance(color) for color in colors), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: list[int]) -> float:
    linear = [value / 255 / 12.92 if value <= 10 else ((value / 255 + 0.055) / 1.055) ** 2.4 for value in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_token_stays_where_it_is(opened: Open, issuer: HttpsServer, token: str) -> None:
    page = opened()
    explain(page, token, "corp")
    assert token not in "".join(str(asked) for asked in issuer.asked)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert token not in page.url
    page.reload()
    expect(page.get_by_label("Token")).to_have_value("")


def test_the_page_reaches_nothing_else(opened: Open, issuer: HttpsServer) -> None:
    page = opened()
    asked = len(issuer.asked)
    went = page.evaluate(
        "url => fetch(url, {mode: 'no-cors'}).then(() => 'out', () => 'blocked')", f"{issuer.url}/keys"
    )
    assert went == "blocked"
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {id: 'own'}))")
    assert (
        page.evaluate(
            "try { document.getElementById('own').text = 'document.title = 1'; 'set' } catch (error) { error.name }"
        )
        == "TypeError"
    )
    assert page.title() == "What a gateway says to a token"
    assert len(issuer.asked) == asked


def test_the_page_says_when_its_server_has_ended(opened: Open, server: PageServer, token: str) -> None:
    page = opened()
    server.shutdown()
    server.socket.close()
    explain(page, token, "corp")
    expect(page.locator(".verdict")).to_contain_text("has ended")


def test_the_command_prints_the_address_and_ends_by_ctrl_c() -> None:
    command = [sys.executable, "-m", "agentcore_auth", "inspect"]
    with subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stderr
        url = process.stdout.readline().strip()
        with urllib.request.urlopen(url) as page:  # noqa: S310  # the loopback interface
            assert "nobody: explain it" in page.read().decode()
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        assert "Traceback" not in process.stderr.read()
