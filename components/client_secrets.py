"""Where client secrets go: into encrypted stack outputs, or into AWS Secrets Manager.

With Secrets Manager the outputs hold ARNs only, so that whoever may read outputs need not be able to read secrets. The
stack's state holds the secrets either way, encrypted by the stack's secrets provider.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pulumi
import pulumi_aws as aws

from agentcore_auth.outputs import Client
from idp.base import Application


def client_outputs(
    name: str,
    applications: Mapping[str, Application],
    *,
    secrets_manager: bool = False,
    tags: Mapping[str, str] = MappingProxyType({}),
    opts: pulumi.ResourceOptions | None = None,
) -> dict[str, Client[pulumi.Output[str]]]:
    """The applications of one provider as the stack's outputs show them; `name` and `opts` are for what stores them."""
    stored = ClientSecrets(name, applications, tags, opts).arns if secrets_manager and applications else {}
    return {
        client: Client(
            application.client_id,
            application.scopes,
            secret=None if secrets_manager else application.client_secret,
            secret_arn=stored.get(client),
        )
        for client, application in applications.items()
    }


class ClientSecrets(pulumi.ComponentResource):
    """The secrets of one provider's applications in Secrets Manager: their `arns`, by application."""

    def __init__(
        self,
        name: str,
        applications: Mapping[str, Application],
        tags: Mapping[str, str] = MappingProxyType({}),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("agentcore-auth:index:ClientSecrets", name, None, opts)
        self.arns = {client: self._stored(f"{name}-{client}", each, tags) for client, each in applications.items()}
        self.register_outputs({})

    def _stored(self, name: str, application: Application, tags: Mapping[str, str]) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        secret = aws.secretsmanager.Secret(
            name, description="Client secret of an application that calls an AgentCore gateway", tags=tags, opts=child
        )
        version = aws.secretsmanager.SecretVersion(
            name, secret_id=secret.id, secret_string=application.client_secret, opts=child
        )
        # From the version, so that whoever has the ARN finds a value there.
        return version.secret_arn
