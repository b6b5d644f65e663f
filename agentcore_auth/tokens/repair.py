"""The `aws` command that gives a gateway another authorizer, from what GetGateway says of it. Pure.

UpdateGateway replaces everything: what the command leaves out is gone afterwards. So it repeats whatever the gateway
has (botocore's model `bedrock-agentcore-control`: the members that GetGateway gives and UpdateGateway takes).
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import cast

from agentcore_auth.authorizer.causes import Cause, Finding
from agentcore_auth.authorizer.model import JUDGED_KEYS

KEPT = (
    "name",
    "description",
    "roleArn",
    "protocolType",
    "protocolConfiguration",
    "authorizerType",
    "authorizerConfiguration",
    "kmsKeyArn",
    "customTransformConfiguration",
    "interceptorConfigurations",
    "policyEngineConfiguration",
    "exceptionLevel",
    "wafConfiguration",
    "domainOverride",
)
"""What a gateway has and an update has to repeat."""

GATEWAY_ARN = r"arn:aws[a-z-]*:bedrock-agentcore:(?P<region>[a-z0-9-]+):\d{12}:gateway/(?P<id>[0-9a-zA-Z-]+)"


def is_gateway(document: Mapping[str, object]) -> bool:
    """Whether a document is what GetGateway gives, whole."""
    texts = [document.get(key) for key in ("gatewayArn", "name", "roleArn")]
    configuration = document.get("authorizerConfiguration")
    lists = (
        cast("Mapping[str, object]", configuration).get("customJWTAuthorizer")
        if isinstance(configuration, Mapping)
        else None
    )
    return (
        all(isinstance(text, str) and text for text in texts)
        and re.fullmatch(GATEWAY_ARN, str(texts[0])) is not None
        and isinstance(lists, Mapping)
        and isinstance(cast("Mapping[str, object]", lists).get("advertisedScopeMapping") or {}, Mapping)
    )


def may_be_repaired(findings: Sequence[Finding]) -> bool:
    """Whether a change of the gateway may follow from these findings.

    Only where its own issuer signed the token: nobody is to open a gateway because of a token that anybody wrote.
    """
    return bool(findings) and all(
        finding.cause is Cause.PASTED_ALONG or finding.cause.rank > Cause.SIGNATURE_WRONG.rank for finding in findings
    )


def update_command(gateway: Mapping[str, object], authorizer: Mapping[str, object]) -> str:
    """The command that gives `gateway` (as GetGateway has it) these lists; everything else stays.

    `authorizer` is spelled as the API does. One JSON argument, quoted for a POSIX shell, so that no value can be taken
    for an option or a file's name.
    """
    arn = re.fullmatch(GATEWAY_ARN, str(gateway["gatewayArn"]))
    if arn is None:
        raise ValueError(f"no gateway's ARN: {gateway['gatewayArn']}")
    configuration = cast("Mapping[str, Mapping[str, object]]", gateway["authorizerConfiguration"])
    kept = {key: value for key, value in configuration["customJWTAuthorizer"].items() if key not in JUDGED_KEYS}
    scopes = cast("Sequence[str]", authorizer.get("allowedScopes", ()))
    advertised = cast("Mapping[str, str]", kept.pop("advertisedScopeMapping", None) or {})
    advertised = {scope: name for scope, name in advertised.items() if scope in scopes}
    repaired = {**authorizer, **kept, **({"advertisedScopeMapping": advertised} if advertised else {})}
    # An absent description may be given as an empty one, which AWS does not take.
    arguments = {
        "gatewayIdentifier": arn["id"],
        **{key: gateway[key] for key in KEPT if gateway.get(key)},
        "authorizerConfiguration": {"customJWTAuthorizer": repaired},
    }
    text = json.dumps(arguments, indent=2, ensure_ascii=True)
    return f"aws bedrock-agentcore-control update-gateway --region {arn['region']} --cli-input-json {shlex.quote(text)}"
