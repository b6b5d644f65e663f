"""Lambda as moto has it, refusing roles that Lambda may not assume and statements that the real service refuses."""

from __future__ import annotations

import json
from typing import Any

from moto.awslambda.models import LambdaBackend, LambdaFunction

from sandbox.aws.permissions import NoSuchRoleError, find_role, trusts
from sandbox.aws.refusals import Refusal, WithMotosUrls

_SERVICE = "lambda.amazonaws.com"


class FunctionsBackend(WithMotosUrls, LambdaBackend):
    """One account's functions in one region."""

    def create_function(self, spec: dict[str, Any]) -> LambdaFunction:
        arn = f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:function:{spec['FunctionName']}"
        if not trusts(spec["Role"], _SERVICE, source_account=self.account_id, source_arn=arn):
            raise Refusal(
                "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
            )
        return super().create_function(spec)

    def add_permission(self, function_name: str, qualifier: str, raw: str) -> dict[str, Any]:
        statement = json.loads(raw)
        sid, principal = statement.get("StatementId"), str(statement.get("Principal"))
        if any(held["Sid"] == sid for held in self.get_function(function_name, qualifier).policy.statements):
            raise Refusal(
                "ResourceConflictException",
                f"The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the "
                "existing statement.",
            )
        if ":role/" in principal:
            try:
                find_role(principal)
            except NoSuchRoleError:
                raise Refusal(
                    "InvalidParameterValueException",
                    "The provided principal was invalid. Please check the principal and try again.",
                ) from None
        return super().add_permission(function_name, qualifier, raw)
