"""The fixed words for why a token, or a request for one, is refused. Programs may rely on them (`--json`).

The order of the members is the order in which causes explain a refusal: what comes first has to be put right first,
and makes the later ones moot. A token of another issuer, for instance, is signed with a key that this one does not
publish.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum


class Cause(str, Enum):
    """Why. The value is the word in `--json`."""

    # the authorizer
    NO_LIST = "no_list"
    AUTHORIZER_INVALID = "authorizer_invalid"
    # the text that was sent as token
    PASTED_ALONG = "pasted_along"
    NOT_A_TOKEN = "not_a_token"  # noqa: S105  # a word for a cause, no secret
    OPAQUE_TOKEN = "opaque_token"  # noqa: S105  # as above
    ENCRYPTED_TOKEN = "encrypted_token"  # noqa: S105  # as above
    HEADER_NOT_UNDERSTOOD = "header_not_understood"
    OTHER_KIND_OF_TOKEN = "other_kind_of_token"  # noqa: S105  # as above
    GRAPH_TOKEN = "graph_token"  # noqa: S105  # as above
    # the issuer's documents
    DISCOVERY_URL_FORM = "discovery_url_form"
    DISCOVERY_UNREACHABLE = "discovery_unreachable"
    DISCOVERY_NOT_FOUND = "discovery_not_found"
    DISCOVERY_NOT_JSON = "discovery_not_json"
    DISCOVERY_INCOMPLETE = "discovery_incomplete"
    DISCOVERY_WRONG_ISSUER = "discovery_wrong_issuer"
    JWKS_UNUSABLE = "jwks_unusable"
    # who issued it
    ALGORITHM_NOT_ALLOWED = "algorithm_not_allowed"
    ORG_SERVER_TOKEN = "org_server_token"  # noqa: S105  # as above
    ISSUER_SLASH = "issuer_slash"
    OTHER_REGION = "other_region"
    OTHER_POOL = "other_pool"
    OTHER_TENANT = "other_tenant"
    OTHER_AUTHORIZATION_SERVER = "other_authorization_server"
    OTHER_ISSUER = "other_issuer"
    UNKNOWN_KEY = "unknown_key"
    KEY_TOO_SHORT = "key_too_short"
    SIGNATURE_WRONG = "signature_wrong"
    # when
    EXPIRY_MISSING = "expiry_missing"
    TIME_MALFORMED = "time_malformed"
    EXPIRED = "expired"
    NOT_YET_VALID = "not_yet_valid"
    # for whom
    ID_TOKEN = "id_token"  # noqa: S105  # as above
    CLIENT_ID_ABSENT = "client_id_absent"
    CLIENT_ID_CASE = "client_id_case"
    CLIENT_ID_DIFFERS = "client_id_differs"
    AUDIENCE_ABSENT = "audience_absent"
    AUDIENCE_SLASH = "audience_slash"
    AUDIENCE_CASE = "audience_case"
    AUDIENCE_SCHEME = "audience_scheme"
    AUDIENCE_ARRAY = "audience_array"
    AUDIENCE_DIFFERS = "audience_differs"
    CLAIM_ABSENT = "claim_absent"
    CLAIM_TYPE = "claim_type"
    CLAIM_DIFFERS = "claim_differs"
    # for what (403: the token is good, its permissions are not)
    SCOPE_ABSENT = "scope_absent"
    SCOPE_SEPARATOR = "scope_separator"
    SCOPE_PREFIX = "scope_prefix"
    SCOPE_MISSING = "scope_missing"
    # the request for a token
    UNREACHABLE = "unreachable"
    ENDPOINT_WRONG = "endpoint_wrong"
    RATE_LIMITED = "rate_limited"
    WRONG_SECRET = "wrong_secret"  # noqa: S105  # as above
    GRANT_NOT_ENABLED = "grant_not_enabled"
    CLIENT_UNKNOWN = "client_unknown"
    SCOPE_FORM = "scope_form"
    SCOPE_NOT_GRANTED = "scope_not_granted"
    AUDIENCE_MISSING = "audience_missing"
    AUDIENCE_UNKNOWN = "audience_unknown"
    AUDIENCE_NOT_GRANTED = "audience_not_granted"
    ORG_SERVER_REQUEST = "org_server_request"
    POLICY_MISSING = "policy_missing"
    DPOP_REQUIRED = "dpop_required"
    REQUEST_REFUSED = "request_refused"

    @property
    def rank(self) -> int:
        """Place in the order of explanation: the smallest is the first cause."""
        return _RANK[self]


NEVER_FOR_A_GATEWAY = frozenset(
    {Cause.HEADER_NOT_UNDERSTOOD, Cause.OTHER_KIND_OF_TOKEN, Cause.GRAPH_TOKEN, Cause.ID_TOKEN, Cause.ORG_SERVER_TOKEN}
)
"""No change of an authorizer would make such a token right: the remedy is another one."""

_RANK = {cause: place for place, cause in enumerate(Cause)}


@dataclass(frozen=True)
class Finding:
    """One mismatch. `status` is what AgentCore answers for it alone; `expected` and `actual` are the two sides."""

    cause: Cause
    message: str
    status: int = 401
    claim: str | None = None
    expected: tuple[str, ...] = ()
    actual: tuple[str, ...] = ()


class TokenError(Exception):
    """Something about a token, an issuer or a request, with its cause. The message is for the user, in one line."""

    def __init__(self, cause: Cause, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


def quoted(value: object, limit: int = 120) -> str:
    """A value as a user may safely see it on a terminal: JSON, ASCII only (no control characters), cut to `limit`."""
    import json  # noqa: PLC0415  # not needed where nothing is wrong

    text = json.dumps(value, ensure_ascii=True, default=str).replace("##[", "#\\u0023[")  # as in `harmless`
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def harmless(text: str, *, kept: str = "\n\t") -> str:
    """A text with everything written out that a terminal, or the log of a workflow on GitHub, takes for a command.

    Of what cannot be printed only what is in `kept` stays. GitHub's runner obeys lines that begin with `::`, and `##[`
    anywhere in a line.
    """
    shown = "".join(
        character if character.isprintable() or character in kept else character.encode("unicode_escape").decode()
        for character in text
    )
    return re.sub(r"(?m)^(\s*):(?=:)", r"\1: ", shown).replace("##[", "## [")


def one_line(text: object, limit: int = 300) -> str:
    """What somebody else said, within a line of ours: harmless, on one line, cut to `limit`."""
    shown = harmless(" ".join(str(text).split()))
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
