"""AgentCore's policy engines and the Cedar policies in them, which moto lacks."""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any

from agentcore_auth.access.policies import CedarError, Policy, split
from agentcore_auth.iam import AwsScope, regional_arn
from sandbox.aws.refusals import Refusal

Update = Mapping[str, Any] | None
"""The API's wrapper of another description, or of none; None where it stays."""


class PolicyEngines:
    """Those of one account in one region, as documents of the API.

    `check` takes a policy that is about to be made, and refuses one that speaks of what no gateway has.
    """

    def __init__(self, scope: AwsScope, check: Callable[[Policy], None]) -> None:
        self._scope = scope
        self._check = check
        self.held: dict[str, dict[str, Any]] = {}
        self._policies: dict[str, dict[str, dict[str, Any]]] = {}

    def create(self, name: str, description: str | None = None) -> dict[str, Any]:
        if any(each["name"] == name for each in self.held.values()):
            raise Refusal("ConflictException", f"A policy engine with name {name} already exists.")
        identifier = with_suffix(name)
        arn = regional_arn(self._scope, "bedrock-agentcore", f"policy-engine/{identifier}")
        self.held[identifier] = _new(name, description) | {"policyEngineId": identifier, "policyEngineArn": arn}
        self._policies[identifier] = {}
        return self.held[identifier]

    def get(self, identifier: str) -> dict[str, Any]:
        if identifier not in self.held:
            raise _missing("Policy engine", identifier)
        return self.held[identifier]

    def update(self, identifier: str, description: Update) -> dict[str, Any]:
        return _described(self.get(identifier), description)

    def delete(self, identifier: str) -> dict[str, Any]:
        if self.policies(identifier):
            raise Refusal("ConflictException", f"Policy engine {identifier} has policies; delete them first.")
        return self.held.pop(identifier) | {"status": "DELETING"}

    def policies(self, identifier: str) -> dict[str, dict[str, Any]]:
        """The policies of an engine by their ids."""
        self.get(identifier)
        return self._policies[identifier]

    def policy(self, identifier: str, policy_id: str) -> dict[str, Any]:
        policies = self.policies(identifier)
        if policy_id not in policies:
            raise _missing("Policy", policy_id)
        return policies[policy_id]

    def create_policy(
        self, identifier: str, name: str, definition: dict[str, Any], description: str | None = None
    ) -> dict[str, Any]:
        policies = self.policies(identifier)
        if any(each["name"] == name for each in policies.values()):
            raise Refusal("ConflictException", f"A policy with name {name} already exists in {identifier}.")
        self._validate(definition)
        policy_id = with_suffix(name)
        arn = f"{self.held[identifier]['policyEngineArn']}/policy/{policy_id}"
        known = {"policyId": policy_id, "policyEngineId": identifier, "policyArn": arn, "enforcementMode": "ACTIVE"}
        policies[policy_id] = _new(name, description) | known | {"definition": definition}
        return policies[policy_id]

    def update_policy(
        self, identifier: str, policy_id: str, definition: dict[str, Any] | None, description: Update
    ) -> dict[str, Any]:
        policy = self.policy(identifier, policy_id)
        if definition is not None:
            self._validate(definition)
            policy["definition"] = definition
        return _described(policy, description)

    def delete_policy(self, identifier: str, policy_id: str) -> dict[str, Any]:
        self.policy(identifier, policy_id)
        return self._policies[identifier].pop(policy_id) | {"status": "DELETING"}

    def _validate(self, definition: dict[str, Any]) -> None:
        try:
            [policy] = split(definition["cedar"]["statement"])
        except (CedarError, ValueError) as error:  # ValueError: none, or several
            raise Refusal("ValidationException", f"The statement is not one valid Cedar policy: {error}") from None
        self._check(policy)


def _described(document: dict[str, Any], update: Update) -> dict[str, Any]:
    if update is not None:
        document["description"] = update.get("optionalValue")
    return document


def _new(name: str, description: str | None) -> dict[str, Any]:
    now = datetime.now(timezone.utc)
    return {"name": name, "description": description, "createdAt": now, "updatedAt": now} | {
        "status": "ACTIVE",
        "statusReasons": [],
    }


def with_suffix(name: str) -> str:
    """An identifier as AgentCore makes them of names."""
    return f"{name}-{''.join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(10))}"


def _missing(kind: str, identifier: str) -> Refusal:
    return Refusal("ResourceNotFoundException", f"{kind} {identifier} was not found.")
