"""Where client secrets go: into encrypted stack outputs, or into AWS Secrets Manager.

With Secrets Manager the outputs hold ARNs only, so that whoever may read outputs need not be able to read secrets. The
stack's state holds the secrets either way, encrypted by the stack's secrets provider.
"""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from agentcore_auth.outputs import Client
from configuration.schema import ClientSecrets as Destination
from idp.base import Application


class ClientSecrets(pulumi.ComponentResource):
    """The applications of one provider as the stack's outputs show them, in `outputs`."""

    def __init__(
        self,
        name: str,
        destination: Destination,
        applications: Mapping[str, Application],
        tags: Mapping[str, str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("agentcore-auth:index:ClientSecrets", name, None, opts)
        self.outputs: dict[str, Client[pulumi.Output[str]]] = {}
        for client, application in applications.items():
            is_output = destination == "output"
            self.outputs[client] = Client(
                application.client_id,
                application.scopes,
                secret=application.client_secret if is_output else None,
                secret_arn=None if is_output else self._stored(f"{name}-{client}", application, tags),
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
