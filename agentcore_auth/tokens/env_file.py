"""`.env` files: the tutorial's names, written so that a shell and the usual dotenv readers understand the same."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from agentcore_auth.files import UnreadableError, read_text
from agentcore_auth.tokens.client import Credentials

_LARGEST = 1024 * 1024
"""Bytes of a file that people and shells read."""
_BARE = re.compile(r"[A-Za-z0-9_./:@%+=-]+")
_NAMES = (
    "COGNITO_DOMAIN",
    "COGNITO_CLIENT_ID",
    "COGNITO_CLIENT_SECRET",
    "TOKEN_ENDPOINT",
    "SCOPE",
    "AUDIENCE",
    "GATEWAY_URL",
)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# python-dotenv takes a backslash before one of these for an escape there, and a shell does not.
_ESCAPED_IN_SINGLE_QUOTES = re.compile(r"'|\\\\|\\$")


class EnvFileError(Exception):
    """A `.env` file that cannot be read or written, or lacks what is needed; the message is for the user."""


def render(values: Mapping[str, str]) -> str:
    """The text of a `.env` file. Raises EnvFileError for a value with a line break or another control character."""
    return "".join(f"{name}={_quoted(name, value)}\n" for name, value in values.items())


def parse(text: str) -> dict[str, str]:
    """The values of a `.env` file. Raises EnvFileError, naming the line."""
    from dotenv.parser import parse_stream  # noqa: PLC0415  # only for whoever has such a file

    values: dict[str, str] = {}
    for binding in parse_stream(io.StringIO(text)):
        if binding.error or (binding.key and (binding.value is None or not _NAME.fullmatch(binding.key))):
            written = binding.original.string.lstrip()
            line = binding.original.line + binding.original.string.removesuffix(written).count("\n")
            is_open = re.search("=\\s*[\"']", written)
            problem = "has an opening quote without a closing one" if is_open else "is not NAME=value"
            raise EnvFileError(f"line {line} {problem}")
        if binding.key and binding.value is not None:
            values[binding.key] = binding.value
    return values


def read_values(path: Path | None, environment: Mapping[str, str]) -> dict[str, str]:
    """What a `.env` file says (nothing where it does not exist), and of its names what the environment says instead.

    Raises EnvFileError.
    """
    return _in_file(path) | _exported(environment)


def read_credentials(path: Path | None, environment: Mapping[str, str]) -> Credentials:
    """A token request from a `.env` file (none where it does not exist) and the environment, which has precedence.

    COGNITO_DOMAIN, COGNITO_CLIENT_ID and COGNITO_CLIENT_SECRET are the tutorial's names, for every provider;
    TOKEN_ENDPOINT, SCOPE and AUDIENCE say the rest. A secret goes only to the endpoint that the same source names: who
    exports a secret must not have it sent to whatever a file in the current folder says. Raises EnvFileError.
    """
    in_file, exported = _in_file(path), _exported(environment)
    named_together = [(each.get("COGNITO_CLIENT_SECRET"), _endpoint_in(each)) for each in (exported, in_file)]
    values = {**in_file, **exported, "TOKEN_ENDPOINT": _endpoint_in(exported) or _endpoint_in(in_file)}
    missing = [
        name for name in ("COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "TOKEN_ENDPOINT") if not values.get(name)
    ]
    if missing:
        where = f"neither {path} nor the environment has" if path else "the environment lacks"
        raise EnvFileError(
            f"{where} {', '.join(missing)}: name a stack (--stack), or write the file: agentcore-auth env"
        )
    endpoint = values["TOKEN_ENDPOINT"]
    if (values["COGNITO_CLIENT_SECRET"], endpoint) not in named_together:
        secret, other = (
            ("the environment", path) if exported.get("COGNITO_CLIENT_SECRET") else (path, "the environment")
        )
        raise EnvFileError(
            f"COGNITO_CLIENT_SECRET is from {secret}, but the token endpoint from {other}: a secret is sent only to "
            "the endpoint named beside it; name both in one place (TOKEN_ENDPOINT or COGNITO_DOMAIN)"
        )
    return Credentials(
        endpoint,
        values["COGNITO_CLIENT_ID"],
        values["COGNITO_CLIENT_SECRET"],
        values.get("SCOPE") or None,
        values.get("AUDIENCE") or None,
    )


def _in_file(path: Path | None) -> dict[str, str]:
    try:
        return parse(read_text(path, _LARGEST)) if path is not None and os.path.lexists(path) else {}
    except UnreadableError as error:
        raise EnvFileError(str(error)) from None
    except EnvFileError as error:
        raise EnvFileError(f"{path}: {error}") from None


def _exported(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: environment[name] for name in _NAMES if environment.get(name)}


def _endpoint_in(values: Mapping[str, str]) -> str:
    return values.get("TOKEN_ENDPOINT") or _token_endpoint(values.get("COGNITO_DOMAIN", ""))


def _token_endpoint(domain: str) -> str:
    """The token endpoint on the tutorial's COGNITO_DOMAIN: Cognito's, Auth0's or Okta's, by the host's name."""
    if not domain:
        return ""
    base = (domain if "://" in domain else f"https://{domain}").rstrip("/")
    host = urlsplit(base).hostname or ""
    if host.endswith(".amazoncognito.com"):
        return f"{base}/oauth2/token"
    if host.endswith(".auth0.com"):
        return f"{base}/oauth/token"
    if ".okta" in host:
        return f"{base}/v1/token" if "/oauth2/" in base else f"{base}/oauth2/default/v1/token"
    return ""


def _quoted(name: str, value: str) -> str:
    """The value in the one form, if there is one, that a shell and python-dotenv understand alike."""
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise EnvFileError(f"the value of {name} has a line break or another control character in it")
    if _BARE.fullmatch(value):
        return value
    if not _ESCAPED_IN_SINGLE_QUOTES.search(value):
        return f"'{value}'"
    if not re.search(r"[$`]", value):
        return '"' + re.sub(r'([\\"])', r"\\\1", value) + '"'
    raise EnvFileError(f"the value of {name} has quotes or backslashes beside $ or `, which no .env file can hold")
