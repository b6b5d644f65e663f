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


class ClientSecrets(pulumi.ComponentResource):
    """The applications of one provider as the stack's outputs show them, in `outputs`."""

    def __init__(
        self,
        name: str,
        applications: Mapping[str, Application],
        *,
        secrets_manager: bool = False,
        tags: Mapping[str, str] = MappingProxyType({}),
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("agentcore-auth:index:ClientSecrets", name, None, opts)
        self.outputs: dict[str, Client[pulumi.Output[str]]] = {}
        for client, application in applications.items():
            self.outputs[client] = Client(
                application.client_id,
                application.scopes,
                secret=None if secrets_manager else application.client_secret,
                secret_arn=self._stored(f"{name}-{client}", application, tags) if secrets_manager else None,
            )
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
