"""A function of this project's, a user pool, and a secret that has the pool's name."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.sample import SampleFunction

greeting = pulumi.Config().require("greeting")
function = SampleFunction("workshop", {"project": pulumi.get_project()})
pool = aws.cognito.UserPool("workshop")
secret = aws.secretsmanager.Secret("workshop", description=greeting)
aws.secretsmanager.SecretVersion("workshop", secret_id=secret.id, secret_string=pulumi.Output.secret(pool.name))

pulumi.export("function", function.arn)
pulumi.export("pool", pool.id)
pulumi.export("secret", secret.arn)
pulumi.export("poolName", pulumi.Output.secret(pool.name))
