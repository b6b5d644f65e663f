"""AgentCore Identity's credential providers: API keys and OAuth clients, their secrets kept in Secrets Manager."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Literal

from moto.secretsmanager.models import secretsmanager_backends

from agentcore_auth.iam import AwsScope, regional_arn
from sandbox.aws.callers import require_of_caller
from sandbox.aws.refusals import Refusal

Kind = Literal["apikey", "oauth2"]
VENDOR = "CustomOauth2"
CONFIG = "customOauth2ProviderConfig"


@dataclass
class CredentialProvider:
    """One provider; its secret is a JSON document in Secrets Manager."""

    kind: Kind
    name: str
    arn: str
    secret_arn: str
    created: datetime
    config: dict[str, Any]
    """Of an OAuth provider: its configuration without the secret."""
    updated: datetime

    def document(self) -> dict[str, Any]:
        """As the API gives it; of lists, moto leaves out what the API has not in them."""
        document = {
            "name": self.name,
            "credentialProviderArn": self.arn,
            "createdTime": self.created,
            "lastUpdatedTime": self.updated,
        }
        secret = {"secretArn": self.secret_arn}
        if self.kind == "apikey":
            return {**document, "apiKeySecretArn": secret}
        host = f"https://bedrock-agentcore.{self.arn.split(':')[3]}.amazonaws.com"
        return {
            **document,
            "credentialProviderVendor": VENDOR,
            "clientSecretArn": secret,
            "callbackUrl": f"{host}/identities/oauth2/callback/{self.name}",
            "oauth2ProviderConfigOutput": {CONFIG: self.config},
        }


class CredentialProviders:
    """The default token vault of one account in one region."""

    def __init__(self, scope: AwsScope) -> None:
        self._scope = scope
        self._held: dict[tuple[Kind, str], CredentialProvider] = {}

    def create(self, kind: Kind, name: str, secret: dict[str, str], config: dict[str, Any]) -> CredentialProvider:
        """Raises Refusal where the name is taken."""
        if (kind, name) in self._held:
            raise Refusal("ConflictException", f"Credential provider with name: {name} already exists.")
        self._require("CreateSecret", kind, name)
        stored = self._vault.create_secret(
            name=f"bedrock-agentcore-identity!default/{kind}/{name}",
            secret_string=json.dumps(secret),
            secret_binary=None,
            description=None,
            tags=None,
            kms_key_id=None,
            client_request_token=None,
            replica_regions=[],
            force_overwrite=False,
        )
        arn = regional_arn(self._scope, "bedrock-agentcore", f"token-vault/default/{kind}credentialprovider/{name}")
        now = datetime.now(timezone.utc)
        made = CredentialProvider(kind, name, arn, json.loads(stored)["ARN"], now, config, now)
        self._held[kind, name] = made
        return made

    def get(self, kind: Kind, name: str) -> CredentialProvider:
        """Raises Refusal where there is none of this name."""
        if (kind, name) not in self._held:
            raise Refusal("ResourceNotFoundException", f"Credential provider {name} not found.")
        return self._held[kind, name]

    def find(self, arn: str) -> CredentialProvider:
        """The provider of an ARN. Raises Refusal where it is not one of this account and region."""
        for held in self._held.values():
            if held.arn == arn:
                return held
        raise Refusal("ResourceNotFoundException", f"Credential provider {arn} not found.")

    def update(self, kind: Kind, name: str, secret: dict[str, str], config: dict[str, Any]) -> CredentialProvider:
        """Replaces secret and configuration. Raises Refusal where there is none of this name."""
        held = self.get(kind, name)
        self._require("PutSecretValue", kind, name)
        self._vault.put_secret_value(held.secret_arn, json.dumps(secret), "", "", version_stages=["AWSCURRENT"])
        held.config, held.updated = config, datetime.now(timezone.utc)
        return held

    def delete(self, kind: Kind, name: str) -> None:
        """Removes the provider and its secret. Raises Refusal where there is none of this name."""
        self._require("DeleteSecret", kind, name)
        self._vault.delete_secret(self.get(kind, name).secret_arn, None, force_delete_without_recovery=True)
        del self._held[kind, name]

    def list(self, kind: Kind) -> list[CredentialProvider]:
        return [held for held in self._held.values() if held.kind == kind]

    def secret(self, provider: CredentialProvider) -> dict[str, str]:
        """As it is now in Secrets Manager."""
        return json.loads(self._vault.get_secret_value(provider.secret_arn, "", "")["SecretString"])

    def _require(self, action: str, kind: Kind, name: str) -> None:
        """AgentCore keeps the secret with the rights of whoever makes the provider."""
        secret = regional_arn(self._scope, "secretsmanager", f"secret:bedrock-agentcore-identity!default/{kind}/{name}")
        require_of_caller(f"secretsmanager:{action}", f"{secret}-AbCdEf")

    @property
    def _vault(self) -> Any:
        return secretsmanager_backends[self._scope.account][self._scope.region]
