"""The demonstration as a person starts it: with the pulumi CLI and without it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import pytest

from sandbox.demo_report import WIDTH
from sandbox.services import PROJECT

CLIENTS = [("cognito", "default"), ("auth0", "default"), ("okta", "agent"), ("okta", "scheduler")]
TARGETS = {"billing", "forecasts", "inventory", "orders", "sample", "schedules", "shipping"}


@dataclass(frozen=True)
class Shown:
    """What a demonstration printed for a person, and its document."""

    text: str
    document: dict[str, Any]


def demonstrate(*options: str) -> Shown:
    command = [sys.executable, "-m", "sandbox", "demo", "--json", *options]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Shown(done.stderr, json.loads(done.stdout))


@pytest.fixture(scope="module")
def without_cli() -> Shown:
    return demonstrate("--without-cli")


@pytest.fixture(scope="module")
def with_cli() -> Shown:
    return demonstrate()


def without_what_differs(text: str, document: dict[str, Any]) -> str:
    """A text without what is another each time: names that services make up, times, and who deploys."""
    gateways = [*document["gateways"], *document["tutorial"]["gateways"]]
    made_up = dict.fromkeys(client for each in gateways for client in each["authorizer"].get("allowedClients", ()))
    for number, name in enumerate(made_up):
        text = text.replace(name, f"<client {number}>")
    text = re.sub(r"(us-west-2_|(?:by-hand|demo-cognito|demo-auth0|demo-okta)-)\w{9,10}", r"\1<id>", text)
    text = re.sub(r'(?m)^  Deployed by .*\n|^\.+$|in [0-9.]+ s\.$|"seconds": [0-9.]+|\d{10}\.\d+', "", text)
    # A line is filled up to its width with names that are of one length or another.
    return re.sub(r"\s+", " ", text)


def test_every_gateway_keeps_its_promise_in_both_modes(without_cli: Shown) -> None:
    document = without_cli.document
    assert document["ok"]
    pinned, tutorial = document["gateways"], document["tutorial"]["gateways"]
    assert [(each["gateway"], each["client"]) for each in pinned] == CLIENTS
    assert [(each["gateway"], each["client"]) for each in tutorial] == CLIENTS
    assert [each["matched"] for each in tutorial] == [["client_id"], ["aud"], ["aud"], ["aud"]]
    assert all(len(each["matched"]) > 1 for each in pinned)
    for trials in (document["refusals"], document["tutorial"]["trials"]):
        answers = {(each["asked"], each["gateway"]): each["answered"] for each in trials}
        assert {
            answers[f"the token for {provider}", gateway]
            for provider, gateway in permutations(("cognito", "auth0", "okta"), 2)
        } == {"401"}
    assert {each["tool"].partition("___")[0] for each in document["tools"]} == TARGETS


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
