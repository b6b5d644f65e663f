"""Words of an instruction that nobody replaced: `https://ORG.okta.com`, `<UserPoolId>`, `your-tenant`. Pure."""

from __future__ import annotations

import re

_BRACKETS = r"<[^<>]+>|\$?\{[A-Za-z_. -]+\}"
_YOURS = r"your[-_][a-z0-9_-]+|YOUR[-_]?[A-Z0-9_-]+"
_WORDS = r"(?:ORG|TENANT|REGION|PREFIX|POOL|DOMAIN|ACCOUNT|REALM)(?:[-_]?(?:ID|NAME))?|USER_?POOL_?ID|UserPoolId"
# Capitals alone: a host's name has none, while a path may be spelled in any way, as long as it is no tenant's. Compiled
# where a text is looked at: every command imports this.
_IN_A_HOST = rf"(?:{_BRACKETS}|{_YOURS}|{_WORDS})"
_IN_A_PATH = rf"(?:{_BRACKETS}|{_YOURS}|TENANT(?:[-_]?ID)?|USER_?POOL_?ID|UserPoolId)"


def placeholder_in(text: str) -> str | None:
    """The first placeholder in a URL or a host's name, or None.

    A host's name without a scheme is taken as such; a realm (Keycloak's `/realms/<name>`) may have any name.
    """
    scheme, separator, rest = text.partition("://")
    host, _, path = (rest if separator else scheme).partition("/")
    labels = re.findall(rf"{_BRACKETS}|[^.:@]+", host)
    found = next((label for label in labels if re.fullmatch(_IN_A_HOST, label)), None)
    if found is not None or "/realms/" in f"/{path}":
        return found
    return next((part for part in re.split(r"[/?&=]", path) if re.fullmatch(_IN_A_PATH, part)), None)
