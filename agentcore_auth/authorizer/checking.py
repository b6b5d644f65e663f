"""A token as it was pasted, judged by an authorizer: form, signature, issuer, times, lists. Pure; documents come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError
from agentcore_auth.authorizer.differences import is_auth0_host
from agentcore_auth.authorizer.jws import Parts, cleaned, parse
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.authorizer.rules import Verdict, judge
from agentcore_auth.authorizer.shapes import host_of

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
    findings = list(pasted.findings)
    if isinstance(jwks, TokenError):
        findings.append(Finding(jwks.cause, jwks.message))
    else:
        from agentcore_auth.authorizer.verification import verify  # noqa: PLC0415  # PyJWT is 60 ms, for nothing where there are no keys

        try:
            verify(pasted.token, jwks)
        except TokenError as error:
            findings.append(Finding(error.cause, error.message))
    verdict = judge(authorizer, pasted.parts.claims, issuer=issuer, now=now, leeway=leeway)
    return Verdict.of([*findings, *verdict.findings], verdict.matched, verdict.notes)


def issuer_of(discovery_url: str, claims: Mapping[str, object]) -> str:
    """The issuer that a discovery URL stands for (OpenID Connect Discovery, 4.1), where the document cannot be read.

    A slash at its end does not show in the URL: Auth0's issuers have it; on another host's root, the token decides.
    """
    if discovery_url.endswith((WELL_KNOWN, _METADATA)):
        base = discovery_url.removesuffix(WELL_KNOWN).removesuffix(_METADATA)
    else:  # RFC 8414, 3.1: the issuer's path comes after
        base = discovery_url.replace(_METADATA, "", 1).replace(WELL_KNOWN, "", 1)
    on_root = urlsplit(base).path in {"", "/"}
    if is_auth0_host(host_of(base)) or (on_root and claims.get("iss") == f"{base}/"):
        return f"{base.rstrip('/')}/"
    return base


def discovery_url_of(issuer: str) -> str:
    """The discovery URL of an issuer (OpenID Connect Discovery, 4.1)."""
    return issuer.rstrip("/") + WELL_KNOWN
