"""An issuer's discovery document and key set: fetched, and checked against each other and the URL.

Sources: OpenID Connect Discovery 3 and 4.3, RFC 8414. That the issuer is the one that the URL stands for is demanded
there, but no source says that AgentCore demands it, and AWS documents a URL of Entra's where it is not: a note.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError, quoted
from agentcore_auth.authorizer.checking import discovery_url_of, unusable
from agentcore_auth.authorizer.families import recognize
from agentcore_auth.authorizer.jws import parse_json
from agentcore_auth.placeholders import placeholder_in


@dataclass(frozen=True)
class Issuer:
    """What a discovery document says, and its key set (or why there is none)."""

    issuer: str
    token_endpoint: str | None
    jwks: Mapping[str, object] | TokenError
    notes: tuple[str, ...] = ()


def fetch_document(url: str) -> Mapping[str, object]:
    """The JSON object at a discovery URL. Raises TokenError (DISCOVERY_UNREACHABLE, _NOT_FOUND, _NOT_JSON)."""
    return _fetch(url, "the discovery URL", Cause.DISCOVERY_NOT_JSON)


def fetch_jwks(url: str) -> Mapping[str, object]:
    """The key set at `jwks_uri`. Raises TokenError (DISCOVERY_UNREACHABLE, _NOT_FOUND, JWKS_UNUSABLE)."""
    return _fetch(url, "jwks_uri", Cause.JWKS_UNUSABLE)


def fetch_issuer(url: str) -> Issuer:
    """What a gateway needs of an issuer. Raises TokenError where the document itself is of no use."""
    document = fetch_document(url)
    issuer, jwks_uri, token_endpoint = (_text(document, key) for key in ("issuer", "jwks_uri", "token_endpoint"))
    for finding in document_findings(document, url):
        if not (issuer and jwks_uri):
            raise TokenError(finding.cause, finding.message)
    jwks: Mapping[str, object] | TokenError
    try:
        jwks = fetch_jwks(jwks_uri)
    except TokenError as error:
        jwks = error
    return Issuer(issuer, token_endpoint or None, jwks, document_notes(document, url))


def document_findings(document: Mapping[str, object], url: str) -> list[Finding]:
    """What is wrong with a discovery document that was read from `url`. Pure."""
    issuer = _text(document, "issuer")
    findings: list[Finding] = []
    missing = [key for key in ("issuer", "jwks_uri", "token_endpoint") if not _text(document, key)]
    if missing:
        message = f"the discovery document has no {' and no '.join(missing)}"
        findings.append(Finding(Cause.DISCOVERY_INCOMPLETE, message))
    # Okta's org authorization server on a custom domain shows by its key set's path.
    is_okta = urlsplit(_text(document, "jwks_uri")).path == "/oauth2/v1/keys"
    findings += unusable(url, issuer, {"cid": "", "ver": 1} if is_okta else None)
    grants = document.get("grant_types_supported")
    if isinstance(grants, list) and "client_credentials" not in grants:
        message = f"client_credentials is not among grant_types_supported {quoted(cast('object', grants))}"
        findings.append(Finding(Cause.GRANT_NOT_ENABLED, message))
    return sorted(findings, key=lambda finding: finding.cause.rank)


def document_notes(document: Mapping[str, object], url: str) -> tuple[str, ...]:
    """What to know of a discovery document that was read from `url`, although it may be of use. Pure."""
    issuer = _text(document, "issuer")
    if not issuer or "{" in issuer or _agree(issuer, url):
        return ()
    return (f"the document at {quoted(url)} is another issuer's, {quoted(issuer)}: that one tokens have to name",)


def offers_client_credentials(document: Mapping[str, object]) -> bool | None:
    """Whether the document offers the grant; None where it does not list grants (Cognito's does not)."""
    grants = document.get("grant_types_supported")
    return "client_credentials" in cast("list[object]", grants) if isinstance(grants, list) else None


def _agree(issuer: str, url: str) -> bool:
    found = recognize(url)
    if found is not None and found.issuer == issuer:
        return True  # Entra's v1 document names sts.windows.net on purpose
    parts = urlsplit(issuer)
    inserted = f"{parts.scheme}://{parts.netloc}/.well-known/oauth-authorization-server{parts.path.rstrip('/')}"
    appended = discovery_url_of(issuer).replace("openid-configuration", "oauth-authorization-server")
    return url in {discovery_url_of(issuer), inserted, appended}


def _fetch(url: str, name: str, not_json: Cause) -> Mapping[str, object]:
    from agentcore_auth.tokens.transport import UnreachableError, request  # noqa: PLC0415  # `check --jwks` needs no network

    if placeholder := placeholder_in(url):
        message = f"{name} {quoted(url)} still has the placeholder {placeholder} in it"
        raise TokenError(Cause.DISCOVERY_URL_FORM, message)
    try:
        response = request(url, headers={"Accept": "application/json"})
    except UnreachableError as error:
        raise TokenError(Cause.DISCOVERY_UNREACHABLE, str(error)) from None
    shown = quoted(url)
    if response.status == 429 or response.status >= 500:
        raise TokenError(Cause.DISCOVERY_UNREACHABLE, f"{name} {shown} answers {response.status}")
    if response.status != 200:
        raise TokenError(Cause.DISCOVERY_NOT_FOUND, f"{name} {shown} answers {response.status}, not a document")
    try:
        document = parse_json(response.body)
    except ValueError as error:
        raise TokenError(not_json, f"{name} {shown} answers with something that is {error}") from None
    if not isinstance(document, dict):
        raise TokenError(not_json, f"{name} {shown} answers with JSON that is no object")
    return cast("dict[str, object]", document)


def _text(document: Mapping[str, object], key: str) -> str:
    value = document.get(key)
    return value if isinstance(value, str) else ""
