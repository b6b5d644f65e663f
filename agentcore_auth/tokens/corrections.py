"""The authorizer that would have let a token in: what there is, changed only where a finding says so. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from agentcore_auth.authorizer.causes import NEVER_FOR_A_GATEWAY, Cause, Finding
from agentcore_auth.authorizer.checking import discovery_url_of
from agentcore_auth.authorizer.families import family_of
from agentcore_auth.authorizer.fitting import api_audiences, custom_client_claim, shared_audiences
from agentcore_auth.authorizer.model import Authorizer, AuthorizerError, CustomClaim
from agentcore_auth.authorizer.rules import scopes_of

Claims = Mapping[str, object]


def corrected(authorizer: Authorizer[str], claims: Claims, findings: Iterable[Finding]) -> Authorizer[str] | None:
    """The authorizer with which the findings vanish, or None where no change to it would help.

    Where the token should be another one (expired, wrong signature, an ID token, a scope that it lacks), the
    authorizer is not the place to change.
    """
    result = authorizer
    for finding in findings:
        if finding.cause in NEVER_FOR_A_GATEWAY:
            return None
        correction = _CORRECTIONS.get(finding.cause)
        if correction is not None:
            try:
                result = correction(result, finding, claims)
            except AuthorizerError:
                return None  # AWS would refuse it: say nothing rather than something that cannot be deployed
    return None if result == authorizer else result


def _without_audience(authorizer: Authorizer[str], _finding: Finding, claims: Claims) -> Authorizer[str]:
    client_id = claims.get("client_id")
    clients = authorizer.allowed_clients or ((client_id,) if isinstance(client_id, str) else ())
    return replace(authorizer, allowed_audience=(), allowed_clients=clients)


def _without_clients(authorizer: Authorizer[str], _finding: Finding, claims: Claims) -> Authorizer[str]:
    pinned = custom_client_claim(claims)
    custom = authorizer.custom_claims
    if pinned is not None and all(claim.name != pinned.name for claim in custom):
        custom = (*custom, pinned)
    shared = shared_audiences(claims) if pinned is None else frozenset[str]()
    audience = authorizer.allowed_audience or tuple(value for value in api_audiences(claims) if value not in shared)
    return replace(authorizer, allowed_clients=(), allowed_audience=audience, custom_claims=custom)


def _with_client(authorizer: Authorizer[str], claims: Claims) -> Authorizer[str]:
    """With the token's client in its list, where no list names clients yet."""
    client_id = claims.get("client_id")
    pinned = custom_client_claim(claims)
    if authorizer.allowed_clients or any(claim.name in {"azp", "cid", "appid"} for claim in authorizer.custom_claims):
        return authorizer
    if isinstance(client_id, str) and client_id:
        return replace(authorizer, allowed_clients=(client_id,))
    return replace(authorizer, custom_claims=(*authorizer.custom_claims, pinned)) if pinned else authorizer


def _client_as_in_token(authorizer: Authorizer[str], finding: Finding, _claims: Claims) -> Authorizer[str]:
    return replace(authorizer, allowed_clients=_near(authorizer.allowed_clients, finding.actual))


def _audience_as_in_token(authorizer: Authorizer[str], finding: Finding, claims: Claims) -> Authorizer[str]:
    """Never so that all of the issuer's clients come in: an audience that they share is left out, or pinned down."""
    actual = tuple(value for value in finding.actual if value in api_audiences(claims))
    if not actual:
        pinned = _with_client(authorizer, claims)
        return replace(pinned, allowed_audience=()) if pinned.allowed_clients or pinned.custom_claims else authorizer
    if shared_audiences(claims).issuperset(actual):
        authorizer = _with_client(authorizer, claims)
    return replace(authorizer, allowed_audience=_near(authorizer.allowed_audience, actual))


def _roles_for_scopes(authorizer: Authorizer[str], _finding: Finding, claims: Claims) -> Authorizer[str]:
    """Entra's application tokens have roles in place of scopes: those of the scopes that the token has as roles."""
    family = family_of(claims.get("iss"))
    roles = claims.get(family.roles_claim) if family and family.roles_claim else None
    wanted = tuple(scope for scope in authorizer.allowed_scopes if isinstance(roles, list) and scope in roles)
    if family is None or family.roles_claim is None or not wanted:
        return authorizer
    claim = CustomClaim(family.roles_claim, wanted, "CONTAINS" if len(wanted) == 1 else "CONTAINS_ANY")
    return replace(authorizer, allowed_scopes=(), custom_claims=(*authorizer.custom_claims, claim))


def _scopes_as_in_token(authorizer: Authorizer[str], _finding: Finding, claims: Claims) -> Authorizer[str]:
    return replace(authorizer, allowed_scopes=scopes_of(claims))


def _issuer_as_in_token(authorizer: Authorizer[str], finding: Finding, _claims: Claims) -> Authorizer[str]:
    if not finding.actual or not finding.actual[0].startswith("https://"):
        return authorizer
    return replace(authorizer, discovery_url=discovery_url_of(finding.actual[0]))


def _claim_as_in_token(authorizer: Authorizer[str], finding: Finding, claims: Claims) -> Authorizer[str]:
    def fitted(claim: CustomClaim[str]) -> CustomClaim[str]:
        if claim.name != finding.claim:
            return claim
        value = claims.get(claim.name)
        if finding.cause is Cause.CLAIM_TYPE:
            if isinstance(value, list):
                return CustomClaim(claim.name, claim.values[:1], "CONTAINS")
            return CustomClaim(claim.name, claim.values[:1]) if isinstance(value, str) else claim
        return CustomClaim(claim.name, (value,)) if isinstance(value, str) else claim

    return replace(authorizer, custom_claims=tuple(fitted(claim) for claim in authorizer.custom_claims))


def _near(allowed: tuple[str, ...], actual: tuple[str, ...]) -> tuple[str, ...]:
    """`allowed` with the misspelt entries replaced by the token's own spelling, or else with that added."""
    spellings = {_folded(value): value for value in actual}
    replaced = tuple(dict.fromkeys(spellings.get(_folded(value), value) for value in allowed))
    return replaced if set(replaced) & set(actual) else (*allowed, *actual)


def _folded(value: str) -> str:
    return value.casefold().partition("://")[2].rstrip("/") or value.casefold().rstrip("/")


_Correction = Callable[[Authorizer[str], Finding, Claims], Authorizer[str]]
_CORRECTIONS: Mapping[Cause, _Correction] = {
    Cause.AUDIENCE_ABSENT: _without_audience,
    Cause.CLIENT_ID_ABSENT: _without_clients,
    Cause.CLIENT_ID_CASE: _client_as_in_token,
    Cause.CLIENT_ID_DIFFERS: _client_as_in_token,
    Cause.AUDIENCE_SLASH: _audience_as_in_token,
    Cause.AUDIENCE_CASE: _audience_as_in_token,
    Cause.AUDIENCE_SCHEME: _audience_as_in_token,
    Cause.AUDIENCE_ARRAY: _audience_as_in_token,
    Cause.AUDIENCE_DIFFERS: _audience_as_in_token,
    Cause.SCOPE_ABSENT: _roles_for_scopes,
    Cause.SCOPE_SEPARATOR: _scopes_as_in_token,
    Cause.SCOPE_PREFIX: _scopes_as_in_token,
    Cause.OTHER_REGION: _issuer_as_in_token,
    Cause.OTHER_POOL: _issuer_as_in_token,
    Cause.OTHER_TENANT: _issuer_as_in_token,
    Cause.OTHER_AUTHORIZATION_SERVER: _issuer_as_in_token,
    Cause.OTHER_ISSUER: _issuer_as_in_token,
    Cause.CLAIM_TYPE: _claim_as_in_token,
    Cause.CLAIM_DIFFERS: _claim_as_in_token,
}
