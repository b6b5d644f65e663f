"""AgentCore's policy engines and the Cedar policies in them, which moto lacks.

Requests and documents are those of the API.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timezone
from typing import Any

from moto.bedrockagentcorecontrol.models import BedrockAgentCoreControlBackend

from agentcore_auth.access.policies import CedarError, Policy, split
from agentcore_auth.access.rules import SEPARATOR
from agentcore_auth.iam import AwsScope, regional_arn
from sandbox.aws.refusals import Refusal

Document = dict[str, Any]


class Documents:
    """Those of one kind, `held` by their ids; `kind` is what the members of id and ARN begin with."""

    def __init__(self, kind: str, arn: str) -> None:
        self._kind, self._arn = kind, arn
        self.arn_member = f"{kind}Arn"
        self.held: dict[str, Document] = {}

    def create(self, request: Document) -> Document:
        name = request["name"]
        if any(each["name"] == name for each in self.held.values()):
            raise Refusal("ConflictException", f"A {self._kind} with name {name} already exists.")
        identifier, now = f"{name}-{secrets.token_hex(5)}", datetime.now(timezone.utc)
        self.held[identifier] = {
            f"{self._kind}Id": identifier,
            self.arn_member: f"{self._arn}/{identifier}",
            "name": name,
            "description": request.get("description"),
            "createdAt": now,
            "updatedAt": now,
            "status": "ACTIVE",
            "statusReasons": [],
        }
        return self.held[identifier]

    def get(self, request: Document) -> Document:
        identifier = request[f"{self._kind}Id"]
        if identifier not in self.held:
            raise Refusal("ResourceNotFoundException", f"{self._kind} {identifier} was not found.")
        return self.held[identifier]

    def update(self, request: Document) -> Document:
        document = self.get(request)
        if "description" in request:
            document["description"] = request["description"].get("optionalValue")
        return document

    def delete(self, request: Document) -> Document:
        return self.held.pop(self.get(request)[f"{self._kind}Id"]) | {"status": "DELETING"}


class PolicyEngines(Documents):
    """Those of one account in one region; `backend` has its gateways."""

    def __init__(self, scope: AwsScope, backend: BedrockAgentCoreControlBackend) -> None:
        super().__init__("policyEngine", regional_arn(scope, "bedrock-agentcore", "policy-engine"))
        self._backend = backend
        self._policies: dict[str, Policies] = {}

    def create(self, request: Document) -> Document:
        engine = super().create(request)
        self._policies[engine["policyEngineId"]] = Policies(engine, self._backend)
        return engine

    def delete(self, request: Document) -> Document:
        engine = self.get(request)
        for gateway in self._backend.gateways.values():
            if (gateway.policy_engine_configuration or {}).get("arn") == engine["policyEngineArn"]:
                raise Refusal("ConflictException", f"Policy engine {engine['name']} is in use by {gateway.gateway_id}.")
        if self.policies(request).held:
            raise Refusal("ConflictException", f"Policy engine {engine['name']} has policies; delete them first.")
        return super().delete(request)

    def policies(self, request: Document) -> Policies:
        """Those of the engine that a request names."""
        return self._policies[self.get(request)["policyEngineId"]]


class Policies(Documents):
    """Those of one engine."""

    def __init__(self, engine: Document, backend: BedrockAgentCoreControlBackend) -> None:
        super().__init__("policy", f"{engine['policyEngineArn']}/policy")
        self._engine, self._backend = engine["policyEngineId"], backend

    def create(self, request: Document) -> Document:
        definition = self._valid(request["definition"])
        created = super().create(request)
        created.update(policyEngineId=self._engine, enforcementMode="ACTIVE", definition=definition)
        return created

    def update(self, request: Document) -> Document:
        if "definition" in request:
            self.get(request)["definition"] = self._valid(request["definition"])
        return super().update(request)

    def _valid(self, definition: Document) -> Document:
        try:
            [policy] = split(definition["cedar"]["statement"])
        except (CedarError, ValueError) as error:  # ValueError: none, or several
            raise Refusal("ValidationException", f"The statement is not one valid Cedar policy: {error}") from None
        self._check(policy)
        return definition

    def _check(self, policy: Policy) -> None:
        """AWS validates against the schema that follows from the tools; here the targets have to be there."""
        if not policy.gateway:
            return
        gateways = self._backend.gateways.values()
        gateway = next((each for each in gateways if each.gateway_arn == policy.gateway), None)
        if gateway is None:
            raise Refusal("ValidationException", f"There is no gateway {policy.gateway}.")
        targets = {target.name for target in self._backend.list_gateway_targets(gateway.gateway_id)}
        for action in policy.actions:
            if action.partition(SEPARATOR)[0] not in targets:
                raise Refusal("ValidationException", f'unrecognized action AgentCore::Action::"{action}"')
