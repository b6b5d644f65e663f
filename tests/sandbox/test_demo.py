"""The demonstration as a person starts it: with the pulumi CLI and without it."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from sandbox.demo_report import WIDTH
from sandbox.services import PROJECT
from tests.secret_values import decrypt

CLIENTS = [("cognito", "default"), ("auth0", "default"), ("okta", "agent"), ("okta", "scheduler")]
TARGETS = {"billing", "forecasts", "inventory", "orders", "sample", "schedules", "shipping"}


WITNESS = """
import itertools, os, shutil, sys

ITS_OWN, KEPT = os.environ["TMPDIR"], os.environ["KEPT"]
NUMBERS = itertools.count()

def witness(event, arguments):
    if event in {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system"}:
        with open(os.path.join(KEPT, "programs.txt"), "a") as file:
            print(arguments[:2], file=file)
    elif event in {"os.remove", "shutil.rmtree"}:
        path = os.fsdecode(arguments[0])
        if path.startswith(ITS_OWN) and os.path.exists(path):
            folder = os.path.join(KEPT, f"{os.getpid()}-{next(NUMBERS)}")
            os.mkdir(folder)
            kept = os.path.join(folder, os.path.basename(path))
            if event == "os.remove":
                shutil.copy(path, kept)
            else:
                shutil.copytree(path, kept, symlinks=True)  # a link leads to the virtual environment

sys.addaudithook(witness)
"""
"""What every Python process of a demonstration does first: note programs that it starts, and keep what it deletes."""


@dataclass(frozen=True)
class Shown:
    """What a demonstration printed for a person, its document, and the folder of its witness."""

    text: str
    document: dict[str, Any]
    folder: Path

    @property
    def programs(self) -> str:
        return (self.folder / "kept/programs.txt").read_text()

    def files(self) -> dict[Path, bytes]:
        """All that it wrote (in the end it deletes everything), without what is the project's own."""
        written = {path: path.read_bytes() for path in self.folder.glob("kept/**/*") if path.is_file()}
        return {path: content for path, content in written.items() if not self._is_the_projects(path, content)}

    def _is_the_projects(self, path: Path, content: bytes) -> bool:
        """Whether a file of a copy of the project is as it is in the project."""
        _, copied, rest = path.relative_to(self.folder).as_posix().partition("/project/")
        original = PROJECT / rest
        return copied != "" and original.is_file() and original.read_bytes() == content


def demonstrate(folder: Path, *options: str) -> Shown:
    (folder / "sitecustomize.py").write_text(WITNESS)
    (folder / "temporary").mkdir()
    (folder / "kept").mkdir()
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "TMPDIR": str(folder / "temporary"),
        "KEPT": str(folder / "kept"),
    }
    command = [sys.executable, "-m", "sandbox", "demo", "--json", *options]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Shown(done.stderr, json.loads(done.stdout), folder)


@pytest.fixture(scope="module")
def without_cli(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return demonstrate(tmp_path_factory.mktemp("without_cli"), "--without-cli")


@pytest.fixture(scope="module")
def with_cli(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    return demonstrate(tmp_path_factory.mktemp("with_cli"))


def without_what_differs(text: str, document: dict[str, Any]) -> str:
    """A text without what is another each time: names that services make up, times, and who deploys."""
    gateways = [*document["pinned"]["admissions"], *document["tutorial"]["admissions"]]
    made_up = dict.fromkeys(client for each in gateways for client in each["authorizer"].get("allowedClients", ()))
    for number, name in enumerate(made_up):
        text = text.replace(name, f"<client {number}>")
    text = re.sub(r"(us-west-2_|(?:by-hand|demo-cognito|demo-auth0|demo-okta)-)\w{9,}", r"\1<id>", text)
    text = re.sub(r'(?m)^  Deployed by .*\n|^\.+$|in [0-9.]+ s\.$|"seconds": [0-9.]+|\d{10}\.\d+', "", text)
    # A line is filled up to its width with names that are of one length or another.
    return re.sub(r"\s+", " ", text)


def test_every_gateway_keeps_its_promise_in_both_modes(without_cli: Shown) -> None:
    document = without_cli.document
    assert document["ok"]
    pinned, tutorial = document["pinned"]["admissions"], document["tutorial"]["admissions"]
    assert [(each["gateway"], each["client"]) for each in pinned] == CLIENTS
    assert [(each["gateway"], each["client"]) for each in tutorial] == CLIENTS
    assert [each["matched"] for each in tutorial] == [["client_id"], ["aud"], ["aud"], ["aud"]]
    assert all(len(each["matched"]) > 1 for each in pinned)
    for passed in (document["pinned"], document["tutorial"]):
        answers = {(each["asked"], each["gateway"]): each["answered"] for each in passed["trials"]}
        assert {
            answers[f"the token for {provider}", gateway]
            for provider, gateway in permutations(("cognito", "auth0", "okta"), 2)
        } == {"401"}
    assert {each["asked"].partition("___")[0] for each in document["pinned"]["calls"]} == TARGETS


def test_signatures_are_let_in_by_the_caller_policy_and_refusals_are_counted(without_cli: Shown) -> None:
    signed = {each["asked"]: each["answered"] for each in without_cli.document["pinned"]["signed"]}
    assert signed == {
        "a signature of a user with the caller policy": "200",
        "a signature of a user without it": "403",
        "a token": "401",
    }
    found = without_cli.document["pinned"]["counted"]
    counted = {(each["asked"], each["gateway"]): each["answered"] for each in found}
    causes = {"token": "6", "scope": "1", "policy": "1"}
    assert counted == {
        (cause, gateway): calls for cause, calls in causes.items() for gateway in ("cognito", "auth0", "okta")
    }


def test_the_mistake_is_refused_explained_and_repaired(without_cli: Shown) -> None:
    mistake = without_cli.document["mistake"]
    assert (mistake["status"], mistake["repaired"]) == (401, 200)
    assert mistake["check"]["cause"] == "audience_absent"
    assert mistake["authorizer"]["allowedAudience"] == [mistake["claims"]["client_id"]]
    screen = " ".join(" ".join(without_cli.text.splitlines()[:24]).split())
    assert 'answer 401 Bearer error="invalid_token"' in screen
    assert mistake["check"]["findings"][0]["message"] in screen
    assert mistake["check"]["remedy"] in screen


def test_fits_into_a_terminal(without_cli: Shown, with_cli: Shown) -> None:
    assert max(map(len, [*without_cli.text.splitlines(), *with_cli.text.splitlines()])) <= WIDTH


def test_shows_the_same_with_the_cli_and_without_it(without_cli: Shown, with_cli: Shown) -> None:
    assert "\n  Deployed by the SDK's mock monitor (as asked).\n" in without_cli.text
    assert "\n  Deployed by the pulumi CLI.\n" in with_cli.text
    texts = [without_what_differs(shown.text, shown.document) for shown in (without_cli, with_cli)]
    assert texts[0] == texts[1]
    documents = [
        without_what_differs(json.dumps(shown.document, sort_keys=True), shown.document)
        for shown in (without_cli, with_cli)
    ]
    assert documents[0] == documents[1]


def spellings(secret: str) -> list[bytes]:
    return [text.encode() for text in (secret, quote(secret, safe=""), base64.b64encode(secret.encode()).decode())]


def test_no_secret_is_written_in_plain_text_printed_or_an_argument(with_cli: Shown) -> None:
    files = with_cli.files()
    states = [content.decode() for path, content in files.items() if path.match("backend/.pulumi/stacks/*/*.json")]
    assert len(states) == 2  # the stack in both modes
    ciphertexts = {found for state in states for found in re.findall(r'"ciphertext": ?"(v1:[^"]+)"', state)}
    held = {str(json.loads(decrypt(each))) for each in ciphertexts}
    assert {"sandbox-inventory-key", "sandbox-shipping-secret"} < held
    assert len(held) >= 2 + 2 * len(CLIENTS)  # and the secret of every client, in both modes
    services = {path: json.loads(content) for path, content in files.items() if path.name == "services.json"}
    assert len(services) == 2
    opening = {str(urlsplit(each["proxy"]).password) for each in services.values()}
    opening |= {
        value
        for each in services.values()
        for name, value in each["credentials"].items()
        if "SECRET" in name or "TOKEN" in name
    }
    assert len(opening) == 2 * 4  # of the proxy, AWS, the tenant and the org, in both modes
    assert all(any(secret.encode() in files[path] for path in services) for secret in opening)
    printed = (with_cli.text + json.dumps(with_cli.document) + with_cli.programs).encode()
    assert b"pulumi" in printed
    found = [
        (place, secret)
        for secret in held | opening
        for spelling in spellings(secret)
        for place, content in {**files, Path("printed, or an argument"): printed}.items()
        # What opens the sandbox stands in one file, for the commands of its user.
        if spelling in content and not (secret in opening and place in services)
    ]
    assert found == []
    assert {path.stat().st_mode & 0o077 for path in services} == {0}
