"""Lambda as moto has it, refusing a role that Lambda may not assume."""

from __future__ import annotations

from typing import Any

from moto.awslambda import urls as moto_urls
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.core.exceptions import ServiceException

from sandbox.aws.permissions import NoSuchRoleError, trusts

_SERVICE = "lambda.amazonaws.com"


class FunctionsBackend(LambdaBackend):
    """One account's functions in one region."""

    @property
    def _url_module(self) -> Any:
        return moto_urls

    def create_function(self, spec: dict[str, Any]) -> LambdaFunction:
        arn = f"arn:{self.partition}:lambda:{self.region_name}:{self.account_id}:function:{spec['FunctionName']}"
        try:
            trusted = trusts(spec["Role"], _SERVICE, source_account=self.account_id, source_arn=arn)
        except NoSuchRoleError:
            trusted = False
        if not trusted:
            raise ServiceException(
                "InvalidParameterValueException", "The role defined for the function cannot be assumed by Lambda."
            )
        return super().create_function(spec)
