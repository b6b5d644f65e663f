"""An issuer's discovery document and key set: fetched, and checked against each other and the URL.

Sources: OpenID Connect Discovery 3 and 4.3, RFC 8414. That the issuer is the one that the URL stands for is demanded
there, but no source says that AgentCore demands it, and AWS documents a URL of Entra's where it is not: a note.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError, quoted
from agentcore_auth.authorizer.checking import discovery_url_of, unusable
from agentcore_auth.authorizer.families import recognize
from agentcore_auth.authorizer.jws import parse_json
from agentcore_auth.authorizer.shapes import host_of
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


def fetch_jwks(url: str, discovery_url: str) -> Mapping[str, object]:
    """The key set at the `jwks_uri` of the document at a discovery URL.

    Raises TokenError (DISCOVERY_UNREACHABLE, _NOT_FOUND, JWKS_UNUSABLE).
    """
    problem = keys_problem(url, discovery_url)
    if problem:
        raise TokenError(Cause.JWKS_UNUSABLE, problem)
    return _fetch(url, "jwks_uri", Cause.JWKS_UNUSABLE)


def keys_problem(jwks_uri: str, discovery_url: str) -> str | None:
    """Why keys are not fetched there, whoever says so; None where they are. Pure.

    Over anything but https somebody on the way could change them (OpenID Connect Discovery, 3). And a document must not
    make a machine ask itself, or what only it can reach, such as a cloud's metadata service at 169.254.169.254.
    """
    if not jwks_uri.startswith("https://"):
        return f"jwks_uri {quoted(jwks_uri)} is no https URL"
    host = host_of(jwks_uri)
    if host != host_of(discovery_url) and _is_of_this_machine(host):
        return f"jwks_uri {quoted(jwks_uri)} leads to this machine's own address, which is not followed"
    return None


def _is_of_this_machine(host: str) -> bool:
    """Whether a host is named by a loopback or link-local address, or as localhost. Names are not looked up."""
    try:
        # The system's own reading, because it connects to 127.1 and 2130706433 too.
        address = ipaddress.ip_address(socket.inet_aton(host) if ":" not in host else host.partition("%")[0])
    except (OSError, ValueError):
        return f".{host.rstrip('.')}".endswith(".localhost")
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    address = mapped or address
    return address.is_loopback or address.is_link_local or address.is_unspecified


def fetch_issuer(url: str) -> Issuer:
    """What a gateway needs of an issuer. Raises TokenError where the document itself is of no use."""
    document = fetch_document(url)
    issuer, jwks_uri, token_endpoint = (_text(document, key) for key in ("issuer", "jwks_uri", "token_endpoint"))
    for finding in document_findings(document, url):
        if not (issuer and jwks_uri):
            raise TokenError(finding.cause, finding.message)
    jwks: Mapping[str, object] | TokenError
    try:
        jwks = fetch_jwks(jwks_uri, url)
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
    is_okta = re.fullmatch(r"https://[^/]+/oauth2/v1/keys", _text(document, "jwks_uri")) is not None
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
    try:
        parts = urlsplit(issuer)
    except ValueError:
        return False
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
