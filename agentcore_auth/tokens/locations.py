"""Discovery URLs, and the one that was probably meant where somebody has a wrong one. Pure.

Sources: OpenID Connect Discovery 4 (where the document is), RFC 8414 3 (the other form), and the URLs of Cognito, Auth0
and Okta.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from agentcore_auth.authorizer.causes import quoted
from agentcore_auth.authorizer.checking import WELL_KNOWN
from agentcore_auth.authorizer.families import COGNITO, OKTA, is_host_of
from agentcore_auth.placeholders import placeholder_in

_TOKEN_PATHS = re.compile(
    r"/(oauth2?/token|v1/(token|keys|authorize|introspect)|oauth2?/authorize|authorize|userinfo)$"
)
_COGNITO_DOMAIN = re.compile(
    r"(?P<prefix>[^.]+)\.auth(-fips)?\.(?P<region>[a-z0-9-]+)\.amazoncognito\.com", re.IGNORECASE
)


def likely_url(url: str) -> str:
    """The discovery URL that was probably meant by `url`; the same one where nothing about it looks wrong.

    What the URL does not say stands in angle brackets: a Cognito domain does not always show the pool's id.
    """
    text = url.strip().strip("\"'<>")
    text = re.sub(r"^http://", "https://", text, flags=re.IGNORECASE)
    if "://" not in text:
        text = f"https://{text}"
    text = re.sub(r"[?#].*$", "", text)
    try:
        parts = urlsplit(text)
        host = parts.netloc
        name = (parts.hostname or "").lower()
    except ValueError:
        return url
    domain = _COGNITO_DOMAIN.fullmatch(host)
    if domain:
        return _issuer_of_domain(domain["prefix"], domain["region"].lower())
    path = _issuer_path(parts.path)
    if is_host_of(name, COGNITO) and not path:
        path = "/<UserPoolId>"
    if is_host_of(name, OKTA):
        host = host.replace("-admin.okta", ".okta", 1)
        if not re.match(r"/oauth2/[^/]+$", path):
            path = "/oauth2/default"
    return f"https://{host}{path}{WELL_KNOWN}"


def problem_of_endpoint(url: str) -> str | None:
    """What is wrong with a token endpoint, where it shows before anybody is asked; None where nothing does."""
    placeholder = placeholder_in(url)
    if placeholder is not None:
        return f"the token endpoint {quoted(url)} still has the placeholder {placeholder} in it"
    host = url.partition("://")[2].partition("/")[0]
    domain = _COGNITO_DOMAIN.fullmatch(host)
    if domain and "_" in domain["prefix"]:
        right = host.replace("_", "").lower()
        return (
            f"{host} is no Cognito domain, which has no underscore; the default one of this program, and of AWS's "
            f"tutorial, is {right}"
        )
    return None


def _issuer_path(path: str) -> str:
    """The issuer's path: without .well-known and what follows, endpoints and superfluous slashes."""
    path = re.sub(r"/{2,}", "/", path).rstrip("/")
    before, found, after = path.partition("/.well-known")
    if found:
        # RFC 8414 puts the issuer's path behind; others put it before.
        behind = re.sub(r"^/[^/]+", "", after)
        return before or behind
    return _TOKEN_PATHS.sub("", path)


def _issuer_of_domain(prefix: str, region: str) -> str:
    """Cognito's issuer for a domain. The default prefix is the pool's id without underscore: if it still shows the
    id's capitals, or the underscore that no domain has, the id is known.
    """
    pool = prefix if "_" in prefix else "<UserPoolId>"
    rest = prefix[len(region) :] if prefix.lower().startswith(region) else ""
    if re.fullmatch(r"[0-9A-Za-z]{9}", rest) and rest != rest.lower():
        pool = f"{region}_{rest}"
    return f"https://cognito-idp.{region}.amazonaws.com/{pool}{WELL_KNOWN}"
