"""`.env` files: the tutorial's names, written so that a shell and the usual dotenv readers understand the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_BARE = re.compile(r"[A-Za-z0-9_./:@%+=-]+")
_LINE = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*?)\s*")


class DotenvError(Exception):
    """A `.env` file that cannot be read or written, or lacks what is needed; the message is for the user."""


@dataclass(frozen=True)
class Credentials:
    """What a token request takes."""

    token_endpoint: str
    client_id: str
    client_secret: str
    scope: str | None
    audience: str | None


def render(values: Mapping[str, str]) -> str:
    """The text of a `.env` file. Raises DotenvError for a value with a line break or another control character."""
    return "".join(f"{name}={_quoted(name, value)}\n" for name, value in values.items())


def parse(text: str) -> dict[str, str]:
    """The values of a `.env` file. Raises DotenvError, naming the line."""
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _LINE.fullmatch(line)
        if match is None:
            raise DotenvError(f"line {number} is not NAME=value")
        values[match[1]] = _unquoted(match[2], number)
    return values


def read_credentials(path: Path | None, environment: Mapping[str, str]) -> Credentials:
    """A token request from a `.env` file (none where it does not exist) and the environment, which has precedence.

    COGNITO_DOMAIN, COGNITO_CLIENT_ID and COGNITO_CLIENT_SECRET are the tutorial's names, for every provider;
    TOKEN_ENDPOINT, SCOPE and AUDIENCE say the rest. Raises DotenvError.
    """
    values: dict[str, str] = {}
    if path is not None:
        try:
            values = parse(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError) as error:
            raise DotenvError(f"{path} cannot be read: {error}") from None
        except DotenvError as error:
            raise DotenvError(f"{path}: {error}") from None
    names = ("COGNITO_DOMAIN", "COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "TOKEN_ENDPOINT", "SCOPE", "AUDIENCE")
    values |= {name: environment[name] for name in names if environment.get(name)}
    endpoint = values.get("TOKEN_ENDPOINT") or _token_endpoint(values.get("COGNITO_DOMAIN", ""))
    values["TOKEN_ENDPOINT"] = endpoint
    missing = [
        name for name in ("COGNITO_CLIENT_ID", "COGNITO_CLIENT_SECRET", "TOKEN_ENDPOINT") if not values.get(name)
    ]
    if missing:
        where = f"neither {path} nor the environment has" if path else "the environment lacks"
        raise DotenvError(
            f"{where} {', '.join(missing)}: name a stack (--stack), or write the file: agentcore-auth env"
        )
    return Credentials(
        endpoint,
        values["COGNITO_CLIENT_ID"],
        values["COGNITO_CLIENT_SECRET"],
        values.get("SCOPE") or None,
        values.get("AUDIENCE") or None,
    )


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
    if any(ord(character) < 32 or ord(character) == 127 for character in value):
        raise DotenvError(f"the value of {name} has a line break or another control character in it")
    if _BARE.fullmatch(value):
        return value
    if "'" not in value:
        return f"'{value}'"
    return '"' + re.sub(r'([\\"$`])', r"\\\1", value) + '"'


def _unquoted(text: str, number: int) -> str:
    if text.startswith("'"):
        end = text.find("'", 1)
        if end < 0:
            raise DotenvError(f"line {number} has an opening quote without a closing one")
        return text[1:end]
    if text.startswith('"'):
        match = re.match(r'"((?:[^"\\]|\\.)*)"', text)
        if match is None:
            raise DotenvError(f"line {number} has an opening quote without a closing one")
        return re.sub(r'\\([\\"$`])', r"\1", match[1])
    return re.sub(r"\s+#.*$", "", text)
