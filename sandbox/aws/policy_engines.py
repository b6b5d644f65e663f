"""AgentCore's policy engines and the Cedar policies in them, which moto lacks."""

from __future__ import annotations

from agentcore_auth.access.policies import CedarError, Policy, split
from agentcore_auth.access.rules import SEPARATOR
from agentcore_auth.iam import AwsScope, regional_arn
from sandbox.aws.documents import Document, Documents
from sandbox.aws.refusals import Refusal


class _Patched(Documents):
    """Documents whose updates leave what they do not name."""

    def update(self, request: Document) -> Document:
        held = self.get(request)
        description = request.get("description", {"optionalValue": held.get("description")})
        return super().update({**held, **request, "description": description.get("optionalValue")})


class PolicyEngines(_Patched):
    """Those of one account in one region, whose gateways are given."""

    def __init__(self, scope: AwsScope, gateways: Documents) -> None:
        super().__init__("policyEngine", regional_arn(scope, "bedrock-agentcore", "policy-engine"))
        self._gateways = gateways

    def delete(self, request: Document) -> Document:
        engine = self.get(request)
        for gateway in self._gateways:
            if gateway.get("policyEngineConfiguration", {}).get("arn") == engine["policyEngineArn"]:
                message = f"Policy engine {engine['name']} is in use by {gateway['gatewayId']}."
                raise Refusal("ConflictException", message)
        if self.inside(request).held:
            raise Refusal("ConflictException", f"Policy engine {engine['name']} has policies; delete them first.")
        return super().delete(request)

    def _inner(self, held: Document) -> Policies:
        return Policies(held, self._gateways)


class Policies(_Patched):
    """Those of one engine."""

    def __init__(self, engine: Document, gateways: Documents) -> None:
        super().__init__("policy", f"{engine['policyEngineArn']}/policy")
        self._gateways = gateways

    def _made(self, identifier: str) -> Document:
        return {**super()._made(identifier), "enforcementMode": "ACTIVE"}

    def _check(self, document: Document) -> None:
        try:
            [policy] = split(document["definition"]["cedar"]["statement"])
        except (CedarError, ValueError) as error:  # ValueError: none, or several
            raise Refusal("ValidationException", f"The statement is not one valid Cedar policy: {error}") from None
        if policy.gateway:
            self._check_scope(policy)

    def _check_scope(self, policy: Policy) -> None:
        """AWS validates against the schema that follows from the tools; here the targets have to be there."""
        gateway = next((each for each in self._gateways if each["gatewayArn"] == policy.gateway), None)
        if gateway is None:
            raise Refusal("ValidationException", f"There is no gateway {policy.gateway}.")
        targets = {target["name"] for target in self._gateways.inside(gateway)}
        for action in policy.actions:
            if action.partition(SEPARATOR)[0] not in targets:
                raise Refusal("ValidationException", f'unrecognized action AgentCore::Action::"{action}"')
