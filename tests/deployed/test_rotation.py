"""A client is rotated while its callers go on calling: nobody is refused."""

from __future__ import annotations

import threading
from typing import Any

from sandbox.caller import knock, list_tools
from scripts.rotate import Rotation, RotationError, compared
from tests.deployed.conftest import Deploy

ROTATION = Rotation("test", "cognito", "agent")


class Caller:
    """Calls a gateway again and again, with whatever token it has been given, and keeps the answers."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._answers: list[int] = []
        self._stop, self._answered = threading.Event(), threading.Condition()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            status = knock(self._url, self._token).status
            with self._answered:
                self._answers.append(status)
                self._answered.notify_all()

    def move(self, token: str) -> None:
        """Give it another token, and wait until that is the one that was used."""
        self._token = token
        self.wait_for(2)

    def wait_for(self, calls: int) -> None:
        """Wait for so many more answers."""
        with self._answered:
            before = len(self._answers)
            assert self._answered.wait_for(lambda: len(self._answers) >= before + calls, timeout=120)

    def stop(self) -> list[int]:
        self._stop.set()
        self._thread.join()
        return self._answers


def test_a_rotation_refuses_nobody(deploy: Deploy) -> None:
    clients: dict[str, Any] = {"agent": {"scopes": ["read"]}}
    entry = [{"scope": "read", "tools": ["sample"]}]
    deployed = deploy(
        {
            "identityProviders": ["cognito"],
            "targets": [{"name": "sample", "type": "sample"}],
            "cognito": {"clients": clients},
            "access": {"cognito": {"agent": entry}},
        }
    )
    url, old = deployed.outputs.gateway("cognito").mcp_url, deployed.token("cognito", "agent")
    caller = Caller(url, old)
    try:
        caller.wait_for(1)
        both = {"clients": {**clients, "agent-2": {"scopes": ["read"]}}}
        deployed.update({**deployed.config, "cognito": both})
        # let in, and without access yet: make rotate does not send callers there
        try:
            compared(deployed.outputs, ROTATION)
            refusal = ""
        except RotationError as error:
            refusal = str(error)
        assert "agent-2 may not call sample___echo" in refusal
        deployed.update({**deployed.config, "access": {"cognito": {"agent": entry, "agent-2": entry}}})
        assert "sees every tool" in compared(deployed.outputs, ROTATION)
        new = deployed.token("cognito", "agent-2")
        caller.move(new)
        deployed.update(
            {
                **deployed.config,
                "cognito": {"clients": {"agent-2": {"scopes": ["read"]}}},
                "access": {"cognito": {"agent-2": entry}},
            }
        )
        caller.wait_for(2)
    finally:
        answers = caller.stop()
    assert set(answers) == {200}
    assert [tool.name for tool in list_tools(url, new)] == ["sample___echo"]
    assert knock(url, old).status == 401
