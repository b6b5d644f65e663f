"""AgentCore Identity's credential providers: API keys and OAuth clients, their secrets kept in Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Literal

from moto.core.exceptions import ServiceException
from moto.secretsmanager.models import secretsmanager_backends

from agentcore_auth.iam import AwsScope, regional_arn
from sandbox.aws.callers import require_of_caller
from sandbox.aws.refusals import Refusal

Kind = Literal["apikey", "oauth2"]
_KEPT_UNDER = {"apikey": "api_key_value", "oauth2": "client_secret"}
"""The keys of the JSON documents that AgentCore keeps itself."""


@dataclass(frozen=True)
class Given:
    """What a request says of a provider: the secret itself, or the one in Secrets Manager to read (ARN and JSON key).

    `form` is the member of an OAuth provider's configuration that its vendor has, `config` what that says.
    """

    secret: str | None
    reference: tuple[str, str] | None
    vendor: str = ""
    form: str = ""
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass
class CredentialProvider:
    """One provider; its secret is a JSON document in Secrets Manager."""

    kind: Kind
    name: str
    arn: str
    secret_arn: str
    json_key: str
    given: Given
    created: datetime
    updated: datetime

    def document(self) -> dict[str, Any]:
        """As the API gives it."""
        document = {
            "name": self.name,
            "credentialProviderArn": self.arn,
            "createdTime": self.created,
            "lastUpdatedTime": self.updated,
        }
        secret = {"secretArn": self.secret_arn}
        if self.kind == "apikey":
            source = {"apiKeySecretSource": "EXTERNAL", "apiKeySecretJsonKey": self.json_key}
            return {**document, "apiKeySecretArn": secret, **(source if self.given.reference else {})}
        host = f"https://bedrock-agentcore.{self.arn.split(':')[3]}.amazonaws.com"
        return {
            **document,
            "credentialProviderVendor": self.given.vendor,
            "clientSecretArn": secret,
            "callbackUrl": f"{host}/identities/oauth2/callback/{self.name}",
            "oauth2ProviderConfigOutput": {self.given.form: dict(self.given.config)},
        }


class CredentialProviders:
    """The default token vault of one account in one region."""

    def __init__(self, scope: AwsScope) -> None:
        self._scope = scope
        self._held: dict[tuple[Kind, str], CredentialProvider] = {}

    def create(self, kind: Kind, name: str, given: Given) -> CredentialProvider:
        """Raises Refusal where the name is taken, or there is no such secret."""
        if (kind, name) in self._held:
            raise Refusal("ConflictException", f"Credential provider with name: {name} already exists.")
        if given.reference:
            secret_arn, json_key = given.reference
            self._read(secret_arn, json_key)
        else:
            json_key = _KEPT_UNDER[kind]
            self._require("CreateSecret", kind, name)
            stored = self._vault.create_secret(
                name=f"bedrock-agentcore-identity!default/{kind}/{name}",
                secret_string=json.dumps({json_key: given.secret}),
                secret_binary=None,
                description=None,
                tags=None,
                kms_key_id=None,
                client_request_token=None,
                replica_regions=[],
                force_overwrite=False,
            )
            secret_arn = json.loads(stored)["ARN"]
        arn = regional_arn(self._scope, "bedrock-agentcore", f"token-vault/default/{kind}credentialprovider/{name}")
        now = datetime.now(timezone.utc)
        made = CredentialProvider(kind, name, arn, secret_arn, json_key, given, now, now)
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

    def update(self, kind: Kind, name: str, given: Given) -> CredentialProvider:
        """Replaces secret and configuration. Raises Refusal where there is none of this name."""
        held = self.get(kind, name)
        if given.reference:
            held.secret_arn, held.json_key = given.reference
            self._read(held.secret_arn, held.json_key)
        else:
            self._require("PutSecretValue", kind, name)
            text = json.dumps({held.json_key: given.secret})
            self._vault.put_secret_value(held.secret_arn, text, "", "", version_stages=["AWSCURRENT"])
        held.given, held.updated = given, datetime.now(timezone.utc)
        return held

    def delete(self, kind: Kind, name: str) -> None:
        """Removes the provider, and the secret kept for it. Raises Refusal where there is none of this name."""
        held = self.get(kind, name)
        if held.given.reference is None:
            self._require("DeleteSecret", kind, name)
            self._vault.delete_secret(held.secret_arn, None, force_delete_without_recovery=True)
        del self._held[kind, name]

    def list(self, kind: Kind) -> list[CredentialProvider]:
        return [held for held in self._held.values() if held.kind == kind]

    def secret(self, provider: CredentialProvider) -> str:
        """As it is now in Secrets Manager. Raises Refusal where it is not there."""
        return self._read(provider.secret_arn, provider.json_key)

    def _read(self, arn: str, json_key: str) -> str:
        try:
            return str(json.loads(self._vault.get_secret_value(arn, "", "")["SecretString"])[json_key])
        except (ServiceException, LookupError, TypeError, ValueError):
            message = f"The secret {arn} does not exist, or is no JSON object with the key {json_key}."
            raise Refusal("ValidationException", message) from None

    def _require(self, action: str, kind: Kind, name: str) -> None:
        """AgentCore keeps the secret with the rights of whoever makes the provider."""
        secret = regional_arn(self._scope, "secretsmanager", f"secret:bedrock-agentcore-identity!default/{kind}/{name}")
        require_of_caller(f"secretsmanager:{action}", f"{secret}-AbCdEf")

    @property
    def _vault(self) -> Any:
        return secretsmanager_backends[self._scope.account][self._scope.region]
