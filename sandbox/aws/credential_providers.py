"""AgentCore Identity's credential providers: API keys and OAuth clients, kept in Secrets Manager."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Final

from moto.core.exceptions import ServiceException
from moto.secretsmanager.models import secretsmanager_backends

from agentcore_auth.iam import AwsScope, regional_arn
from sandbox.aws.callers import require_of_caller
from sandbox.aws.documents import Document, Documents
from sandbox.aws.refusals import Refusal


@dataclass(frozen=True)
class Kind:
    """What the API calls the parts of one kind of provider."""

    path: str
    secret: str
    """The member that is the secret itself."""
    place: str
    """What those begin with that say where the secret is: …Config, …Source, …Arn, …JsonKey."""
    json_key: str
    """Of the JSON documents that AgentCore keeps itself."""


API_KEY: Final = Kind("apikey", "apiKey", "apiKeySecret", "api_key_value")
OAUTH: Final = Kind("oauth2", "clientSecret", "clientSecret", "client_secret")


class CredentialProviders(Documents):
    """Those of one kind in the default token vault of one account in one region, `held` by their names."""

    id_form = "{name}"

    def __init__(self, scope: AwsScope, kind: Kind) -> None:
        vault = regional_arn(scope, "bedrock-agentcore", "token-vault/default")
        super().__init__("credentialProvider", f"{vault}/{kind.path}credentialprovider", "name")
        self._scope, self._kind = scope, kind

    def delete(self, request: Document) -> Document:
        """Removes the provider, and the secret kept for it."""
        provider = self.get(request)
        if f"{self._kind.place}Source" not in provider:
            self._require("DeleteSecret", request)
            self._vault.delete_secret(self.secret_arn(provider), None, force_delete_without_recovery=True)
        return super().delete(request)

    def find(self, arn: str) -> Document:
        """The provider of an ARN. Raises Refusal where it is not one of this account and region."""
        provider = self.held.get(arn.rpartition("/")[2])
        if provider is None or provider[self.arn_member] != arn:
            raise Refusal("ResourceNotFoundException", f"Credential provider {arn} not found.")
        return provider

    def secret_arn(self, provider: Document) -> str:
        return provider[f"{self._kind.place}Arn"]["secretArn"]

    def secret(self, provider: Document) -> str:
        """As it is now in Secrets Manager. Raises Refusal where it is not there."""
        json_key = provider.get(f"{self._kind.place}JsonKey", self._kind.json_key)
        return self._read(self.secret_arn(provider), json_key)

    def _put(self, identifier: str, request: Document, held: Document) -> Document:
        kind, config, now = self._kind, request, datetime.now(timezone.utc)
        document = {**self._made(identifier), "createdTime": held.get("createdTime", now), "lastUpdatedTime": now}
        if kind is OAUTH:
            [(form, config)] = request["oauth2ProviderConfigInput"].items()
            if not config.get("clientId"):
                raise Refusal("ValidationException", f"{form} needs clientId.")
            host = f"https://bedrock-agentcore.{self._scope.region}.amazonaws.com"
            document["credentialProviderVendor"] = request["credentialProviderVendor"]
            document["callbackUrl"] = f"{host}/identities/oauth2/callback/{request['name']}"
            shown = {member: value for member, value in config.items() if not member.startswith(kind.secret)}
            document["oauth2ProviderConfigOutput"] = {form: shown}
        secret_arn, json_key, is_external = self._secret(request, config)
        document[f"{kind.place}Arn"] = {"secretArn": secret_arn}
        if is_external:
            document |= {f"{kind.place}JsonKey": json_key, f"{kind.place}Source": "EXTERNAL"}
        self.held[identifier] = document
        return document

    def _secret(self, request: Document, config: Mapping[str, Any]) -> tuple[str, str, bool]:
        """Its ARN and JSON key, and whether it was there already: exactly one is given, as the source says."""
        kind = self._kind
        secret, place, source = (
            config.get(each) for each in (kind.secret, f"{kind.place}Config", f"{kind.place}Source")
        )
        if source == "EXTERNAL" and place and not secret:
            self._read(place["secretId"], place["jsonKey"])
            return place["secretId"], place["jsonKey"], True
        if source in (None, "MANAGED") and secret and not place:
            kept_as = self._kept_as(request)
            self._require("PutSecretValue" if kept_as in self._vault.secrets else "CreateSecret", request)
            text = json.dumps({kind.json_key: secret})
            kept, _ = self._vault._add_secret(kept_as, text)  # noqa: SLF001  # moto's one way for both
            return kept.arn, kind.json_key, False
        message = f"{kind.secret} is required, or {kind.place}Config with the {kind.place}Source EXTERNAL."
        raise Refusal("ValidationException", message)

    def _kept_as(self, request: Document) -> str:
        return f"bedrock-agentcore-identity!default/{self._kind.path}/{request['name']}"

    def _read(self, arn: str, json_key: str) -> str:
        try:
            return str(json.loads(self._vault.get_secret_value(arn, "", "")["SecretString"])[json_key])
        except (ServiceException, LookupError, TypeError, ValueError):
            message = f"The secret {arn} does not exist, or is no JSON object with the key {json_key}."
            raise Refusal("ValidationException", message) from None

    def _require(self, action: str, request: Document) -> None:
        """AgentCore keeps the secret with the rights of whoever makes the provider."""
        secret = regional_arn(self._scope, "secretsmanager", f"secret:{self._kept_as(request)}-AbCdEf")
        require_of_caller(f"secretsmanager:{action}", secret)

    @property
    def _vault(self) -> Any:
        return secretsmanager_backends[self._scope.account][self._scope.region]
