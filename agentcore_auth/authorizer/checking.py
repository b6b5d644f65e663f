"""A token as it was pasted, judged by an authorizer: form, signature, issuer, times, lists. Pure; documents come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError, quoted
from agentcore_auth.authorizer.differences import is_okta_org_issuer
from agentcore_auth.authorizer.families import (
    ENTRA,
    ENTRA_MANY_TENANTS,
    GRAPH_AUDIENCES,
    family_of,
    recognize,
    tenant_of,
)
from agentcore_auth.authorizer.jws import Parts, cleaned, header_notes, parse
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import Verdict, audiences_of, judge

WELL_KNOWN = "/.well-known/openid-configuration"
_METADATA = "/.well-known/oauth-authorization-server"


@dataclass(frozen=True)
class Pasted:
    """What was read: the token itself, its parts (None where it has none), and what is wrong with its form."""

    token: str
    parts: Parts | None
    findings: tuple[Finding, ...] = ()


def unpack(text: str) -> Pasted:
    """A token from what was pasted, with findings instead of errors."""
    token, superfluous = cleaned(text)
    findings: tuple[Finding, ...] = ()
    if superfluous:
        message = f"{superfluous} pasted along with the token; the gateway takes only the token itself"
        findings = (Finding(Cause.PASTED_ALONG, message),)
    try:
        return Pasted(token, parse(token), findings)
    except TokenError as error:
        # What has no token inside has nothing that could be pasted along.
        return Pasted(token, None, (Finding(error.cause, error.message),))


def examine(
    pasted: Pasted,
    authorizer: Authorizer[str],
    *,
    issuer: str,
    jwks: Mapping[str, object] | TokenError,
    now: float,
    leeway: float = 0,
) -> Verdict:
    """The verdict on a token. `issuer` is the discovery document's; `jwks` its key set, or why there is none.

    Every mismatch is in the verdict, also those of claims whose signature is wrong.
    """
    if pasted.parts is None:
        return Verdict.of(pasted.findings)
    claims = pasted.parts.claims
    findings = [*pasted.findings, *unusable(authorizer.discovery_url, issuer, claims)]
    if is_for_graph(claims):
        message = (
            "the token is for Microsoft Graph: nobody else can verify it, and what the gateway answers is not known"
        )
        findings.append(Finding(Cause.GRAPH_TOKEN, message, 401, "aud", (), audiences_of(claims)))
    if isinstance(jwks, TokenError):
        findings.append(Finding(jwks.cause, jwks.message))
    else:
        from agentcore_auth.authorizer.verification import verify  # noqa: PLC0415  # PyJWT is 60 ms, for nothing where there are no keys

        try:
            verify(pasted.token, jwks)
        except TokenError as error:
            findings.append(Finding(error.cause, error.message))
    verdict = judge(authorizer, claims, issuer=issuer, now=now, leeway=leeway)
    notes = (*verdict.notes, *header_notes(pasted.parts.header))
    known = {finding.cause for finding in findings}
    findings.extend(finding for finding in verdict.findings if finding.cause not in known)
    return Verdict.of(findings, verdict.matched, notes)


def is_for_graph(claims: Mapping[str, object]) -> bool:
    """Whether a token is for Microsoft Graph, which hashes a nonce in the header before it signs (Entra, "Access
    tokens").
    """
    return family_of(claims.get("iss")) in ENTRA and bool(GRAPH_AUDIENCES & set(audiences_of(claims)))


def unusable(url: str, issuer: str, claims: Mapping[str, object] | None = None) -> list[Finding]:
    """Why no gateway can have this issuer, by its discovery URL, the document's issuer, and a token's claims."""
    recognized = recognize(url)
    if (recognized and recognized.family is ENTRA_MANY_TENANTS) or "{" in issuer:
        message = f"{quoted(url)} is for all tenants: {ENTRA_MANY_TENANTS.unusable}"
        return [Finding(Cause.DISCOVERY_WRONG_ISSUER, message, 401, "issuer", (), (issuer,))]
    if is_okta_org_issuer(issuer, claims=claims):
        message = f"{quoted(issuer)} is Okta's org authorization server, whose tokens only Okta itself can check"
        return [Finding(Cause.ORG_SERVER_TOKEN, message, 401, "issuer", (), (issuer,))]
    return []


def issuer_of(discovery_url: str, claims: Mapping[str, object]) -> str:
    """The issuer that a discovery URL stands for (OpenID Connect Discovery, 4.1), where the document cannot be read.

    Of a family that is known it is that family's. Where the URL has the domain name of an Entra tenant, the token says
    which tenant that is. A slash at its end does not show in the URL: on an unknown host's root, the token decides.
    """
    actual = claims.get("iss")
    found = recognize(discovery_url)
    if found is not None and found.issuer is not None:
        return found.issuer
    if found is not None and isinstance(actual, str) and family_of(actual) is found.family:
        return actual
    if discovery_url.endswith((WELL_KNOWN, _METADATA)):
        base = discovery_url.removesuffix(WELL_KNOWN).removesuffix(_METADATA)
    else:  # RFC 8414, 3.1: the issuer's path comes after
        base = discovery_url.replace(_METADATA, "", 1).replace(WELL_KNOWN, "", 1)
    on_root = urlsplit(base).path in {"", "/"}
    return f"{base}/" if on_root and actual == f"{base}/" else base


def discovery_url_of(issuer: str) -> str:
    """The discovery URL of an issuer (OpenID Connect Discovery, 4.1); of Entra's v1.0 issuer, the one that AWS
    documents (developer guide, identity-idp-microsoft).
    """
    tenant = tenant_of(issuer)
    if tenant is not None and urlsplit(issuer).hostname == "sts.windows.net":
        return f"https://login.microsoftonline.com/{tenant}{WELL_KNOWN}"
    return issuer.rstrip("/") + WELL_KNOWN
