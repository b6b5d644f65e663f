"""The one place that decides what a gateway's authorizer checks.

`constraints` decides, from what is known of the provider's tokens, and every gateway's authorizer is made of its
answer. Sources: AgentCore developer guide, "inbound-jwt-authorizer"; the table of cases is in `docs/authorizers.md`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import pulumi
import pulumi_aws as aws

from configuration.schema import Mode
from idp.base import IssuedTokens, RequiredClaim, RequiredClaims

_Configuration = aws.bedrock.AgentcoreGatewayAuthorizerConfigurationArgsDict
_Claim = aws.bedrock.AgentcoreGatewayAuthorizerConfigurationCustomJwtAuthorizerCustomClaimArgsDict


@dataclass(frozen=True)
class Constraints:
    """The lists of a customJWTAuthorizer; a token has to satisfy each that is not empty.

    Raises ValueError where all are empty: AWS would refuse it, and it would let every token of the issuer in.
    """

    audience: Sequence[str] = ()
    client_ids: Sequence[pulumi.Input[str]] = ()
    scopes: Sequence[str] = ()
    claims: Sequence[RequiredClaim] = ()

    def __post_init__(self) -> None:
        if not any(getattr(self, field.name) for field in fields(self)):
            raise ValueError("an authorizer needs at least one of audience, clients, scopes and custom claims")


def constraints(tokens: IssuedTokens | RequiredClaims, mode: Mode) -> Constraints:
    """Decide what an authorizer checks of these tokens.

    `pinned`: everything that they offer. `tutorial`: the audience, or, of tokens that have none, the client. Raises
    ValueError for several clients in a claim that takes one value (the settings refuse that first).
    """
    if isinstance(tokens, RequiredClaims):
        return Constraints(tokens.audience, tokens.client_ids, tokens.scopes, tokens.claims)
    audience = (tokens.audience,) if tokens.audience is not None else ()
    if mode == "tutorial":
        return Constraints(audience=audience, client_ids=() if audience else tokens.client_ids)
    if tokens.shape.client_claim == "client_id":
        return Constraints(audience, tokens.client_ids, tokens.scopes)
    # allowedClients is compared with client_id alone. Any other claim can be checked, but against one value.
    if len(tokens.client_ids) != 1:
        raise ValueError(f"{tokens.shape.client_claim} can be checked for one client, not {len(tokens.client_ids)}")
    return Constraints(
        audience, scopes=tokens.scopes, claims=[RequiredClaim(tokens.shape.client_claim, tokens.client_ids[0])]
    )


def arguments(discovery_url: pulumi.Input[str], checks: Constraints) -> _Configuration:
    """The authorizer as pulumi-aws takes it; lists that are empty are left out."""
    return {
        "custom_jwt_authorizer": {
            "discovery_url": discovery_url,
            "allowed_audiences": checks.audience or None,
            "allowed_clients": checks.client_ids or None,
            "allowed_scopes": checks.scopes or None,
            "custom_claims": [_claim(claim) for claim in checks.claims] or None,
        }
    }


def document(discovery_url: pulumi.Input[str], checks: Constraints) -> dict[str, object]:
    """The authorizer as the API spells it, for the stack's outputs; lists that are empty are left out."""
    lists: dict[str, Sequence[object]] = {
        "allowedAudience": checks.audience,
        "allowedClients": checks.client_ids,
        "allowedScopes": checks.scopes,
        "customClaims": [_claim_document(claim) for claim in checks.claims],
    }
    return {"discoveryUrl": discovery_url, **{name: list(values) for name, values in lists.items() if values}}


def _comparison(claim: RequiredClaim) -> tuple[str, str]:
    """(value type, operator), as AWS pairs them."""
    if claim.value is not None:
        return "STRING", "EQUALS"
    return "STRING_ARRAY", "CONTAINS" if claim.contains is not None else "CONTAINS_ANY"


def _claim(claim: RequiredClaim) -> _Claim:
    value_type, operator = _comparison(claim)
    return {
        "inbound_token_claim_name": claim.name,
        "inbound_token_claim_value_type": value_type,
        "authorizing_claim_match_value": {
            "claim_match_operator": operator,
            "claim_match_value": {
                "match_value_string": claim.contains if claim.value is None else claim.value,
                "match_value_string_lists": claim.contains_any or None,
            },
        },
    }


def _claim_document(claim: RequiredClaim) -> dict[str, object]:
    value_type, operator = _comparison(claim)
    single = claim.value if claim.value is not None else claim.contains
    return {
        "inboundTokenClaimName": claim.name,
        "inboundTokenClaimValueType": value_type,
        "authorizingClaimMatchValue": {
            "claimMatchOperator": operator,
            "claimMatchValue": {"matchValueStringList": list(claim.contains_any)}
            if single is None
            else {"matchValueString": single},
        },
    }
