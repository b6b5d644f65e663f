"""A signed token's text taken apart, strictly: what is not exactly a JWS in compact form is refused with its cause.

RFC 7515 (compact serialization, base64url without padding), RFC 7519 (claims set: a JSON object without duplicates).
"""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from agentcore_auth.authorizer.causes import Cause, TokenError, quoted

MAX_BYTES = 64 * 1024
"""No server takes a header this long (most stop at 8 to 16 KB): a longer text is no token that anybody could send."""

MAX_DEPTH = 64
"""Levels of nesting; no claim of any provider has more than a few, and Python's JSON writer ends at some hundred."""

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Asymmetric only: `none` signs nothing, and with HS256 anybody could sign with the public key as the secret."""

# Patterns are compiled where they are needed first: of most tokens only the first two.
_BASE64URL = r"[A-Za-z0-9_-]+"
_COMPACT = r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){2,4}"
_SIGNATURE = r"[A-Za-z0-9_-]*"
_BLANK = r"[\s\u200b\ufeff]+"
_AROUND = (
    "\"'`,;\u2018\u2019\u201c\u201d\u200b\ufeff \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
    + "".join(map(chr, range(0x2000, 0x200B)))
)
_PREFIX = r"(?i)(authorization\s*:\s*)?(bearer\b[\s:]*)+"


@dataclass(frozen=True)
class Parts:
    """A token's header and claims, unverified. The signature stays in the token."""

    header: Mapping[str, object]
    claims: Mapping[str, object]


def cleaned(text: str) -> tuple[str, str | None]:
    """The token within what was pasted, and what has to go (None where nothing has; line ends after it do not count).

    Takes off `Authorization:`, `Bearer `, quotes and white space, also line breaks inside.
    """
    text = text.rstrip("\r\n")
    if len(text) > MAX_BYTES or re.fullmatch(_COMPACT, text):
        return text, None
    bare = text.strip(_AROUND)
    prefix = re.match(_PREFIX, bare)
    token = bare[prefix.end() :].strip(_AROUND) if prefix else bare
    around = text.replace(token, "", 1) if token else text
    found = ["the prefix `Bearer `"] if prefix else []
    if any(quote in around for quote in "\"'`\u2018\u2019\u201c\u201d"):
        found.append("quotes")
    joined = re.sub(_BLANK, "", token)
    if joined != token and re.fullmatch(_COMPACT, joined):
        token = joined
        found.append("white space inside")
    elif not found and token != text:
        found.append("white space")
    return token, " and ".join(found) or None


def out_of_response(text: str) -> str | None:
    """The token in a token endpoint's JSON answer (RFC 6749, 5.1), or in that of `get --json`; None elsewhere."""
    if not text.lstrip().startswith("{") or len(text) > MAX_BYTES:
        return None
    fields = _fields(text) or {}
    token = fields.get("access_token", fields.get("accessToken"))
    return token if isinstance(token, str) else None


def _seen_in_json(text: str) -> str:
    fields = _fields(text)
    if fields is None:
        return "it begins like JSON, and is none"
    if "error" in fields:
        said = [quoted(fields[name]) for name in ("error", "error_description") if name in fields]
        return f"this is the token endpoint's refusal, {' '.join(said)}"
    if out_of_response(text) is not None:
        return "this is the token endpoint's JSON; the token is the value of its access_token"
    names = ", ".join(quoted(name, 40) for name in list(fields)[:6]) or "nothing"
    return f"this is JSON without an access_token; it has {names}"


def _fields(text: str) -> Mapping[str, object] | None:
    try:
        document = parse_json(text)
    except ValueError:
        return None
    return cast("dict[str, object]", document) if isinstance(document, dict) else None


def parse(token: str) -> Parts:
    """Header and claims of a signed token, nothing verified.

    Raises TokenError with NOT_A_TOKEN, OPAQUE_TOKEN or ENCRYPTED_TOKEN.
    """
    if len(token) > MAX_BYTES:
        raise TokenError(Cause.NOT_A_TOKEN, f"not a token: {len(token)} characters, more than any server takes")
    if not token:
        raise TokenError(Cause.NOT_A_TOKEN, "not a token: there is nothing to read")
    if token.startswith("{"):
        raise TokenError(Cause.NOT_A_TOKEN, f"not a token: {_seen_in_json(token)}")
    pieces = token.split(".")
    if len(pieces) == 1 and len(token) >= 16 and re.fullmatch(r"[A-Za-z0-9_~+/=-]+", token):
        raise TokenError(Cause.OPAQUE_TOKEN, "an opaque token: it has no claims that a gateway could check")
    if len(pieces) not in {3, 5}:
        raise TokenError(Cause.NOT_A_TOKEN, f"not a token: {len(pieces)} part(s) between dots instead of 3")
    header = _json_object(pieces[0], "header")
    if len(pieces) == 5 or "enc" in header:
        raise TokenError(Cause.ENCRYPTED_TOKEN, "an encrypted token (JWE): a gateway has no key to open it")
    if not re.fullmatch(_SIGNATURE, pieces[2]):
        raise TokenError(Cause.NOT_A_TOKEN, "not a token: its signature is not base64url without padding")
    return Parts(header, _json_object(pieces[1], "claims"))


def check_header(header: Mapping[str, object]) -> None:
    """What a header says that no gateway can let pass. Raises TokenError (ALGORITHM_NOT_ALLOWED, HEADER_NOT_UNDERSTOOD,
    OTHER_KIND_OF_TOKEN).
    """
    algorithm, kind = header.get("alg"), _kind(header)
    if algorithm not in ALGORITHMS:
        raise TokenError(
            Cause.ALGORITHM_NOT_ALLOWED,
            f"algorithm {quoted(algorithm, 40)} is not allowed: only asymmetric ones are, such as RS256",
        )
    if "crit" in header:
        raise TokenError(
            Cause.HEADER_NOT_UNDERSTOOD,
            f"the header demands what no gateway understands: crit {quoted(header['crit'], 60)} (RFC 7515, 4.1.11)",
        )
    if header.get("b64", True) is not True:
        message = "the header's b64 says that the claims are not encoded, as a token's always are (RFC 7797, 7)"
        raise TokenError(Cause.HEADER_NOT_UNDERSTOOD, message)
    if kind.endswith("+jwt") and kind != "at+jwt":
        message = f"this is another kind of token, by its typ {quoted(header['typ'], 40)} (RFC 9068, 4; RFC 8725, 3.11)"
        raise TokenError(Cause.OTHER_KIND_OF_TOKEN, message)


def header_notes(header: Mapping[str, object]) -> tuple[str, ...]:
    """What to know of a header although nothing is refused for it."""
    notes: list[str] = []
    if "zip" in header:
        notes.append("the header has zip, which a signed token does not know and readers ignore (RFC 7515, 4)")
    if "typ" in header and not _kind(header).endswith("jwt"):
        notes.append(
            f"the header's typ is {quoted(header['typ'], 40)}, no access token's: a strict reader refuses it "
            "(RFC 9068, 4; what a gateway does is not known)"
        )
    return tuple(notes)


def _kind(header: Mapping[str, object]) -> str:
    """The media type in `typ`, which may leave `application/` out (RFC 7515, 4.1.9)."""
    value = header.get("typ")
    return value.lower().removeprefix("application/") if isinstance(value, str) else ""


def is_canonical(piece: str) -> bool:
    """Whether a part of a token is the one spelling of its bytes: elsewhere the last character has bits to spare, and
    whoever holds a signed token could write it in other ways (RFC 4648, 3.5).
    """
    try:
        decoded = base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4))
    except ValueError:
        return False
    return base64.urlsafe_b64encode(decoded).rstrip(b"=").decode() == piece


def parse_json(text: str | bytes) -> object:
    """JSON, with duplicate names, NaN, infinities and unreasonable depth refused. Raises ValueError in a short line."""
    try:
        document: object = json.loads(
            text,
            object_pairs_hook=_without_duplicates,
            parse_constant=_no_number,
            parse_int=_integer,
            parse_float=_finite,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON at position {error.pos}") from None
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None
    if _is_deeper_than(MAX_DEPTH, document):
        raise ValueError("nested too deeply")
    return document


def _is_deeper_than(depth: int, document: object) -> bool:
    """Level by level, because what is nested deeply is no food for a function that calls itself."""
    level = [document]
    for _ in range(depth):
        nested: list[object] = []
        for value in level:
            if isinstance(value, dict):
                nested.extend(cast("dict[str, object]", value).values())
            elif isinstance(value, list):
                nested.extend(cast("list[object]", value))
        level = [value for value in nested if isinstance(value, dict | list)]
        if not level:
            return False
    return True


def _json_object(piece: str, name: str) -> Mapping[str, object]:
    if not re.fullmatch(_BASE64URL, piece) or len(piece) % 4 == 1:
        raise TokenError(Cause.NOT_A_TOKEN, f"not a token: its {name} is not base64url")
    try:
        # As text, because the JSON reader would take bytes in UTF-16 or UTF-32 too (RFC 7515, 2: UTF-8).
        value = parse_json(base64.urlsafe_b64decode(piece + "=" * (-len(piece) % 4)).decode())
    except UnicodeDecodeError:
        raise TokenError(Cause.NOT_A_TOKEN, f"not a token: its {name} is not UTF-8") from None
    except ValueError as error:
        raise TokenError(Cause.NOT_A_TOKEN, f"not a token: its {name} is {error}") from None
    if not isinstance(value, dict):
        raise TokenError(Cause.NOT_A_TOKEN, f"not a token: its {name} is no JSON object")
    return cast("dict[str, object]", value)


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document: dict[str, object] = {}
    for name, value in pairs:
        if name in document:
            raise ValueError(f"ambiguous: {quoted(name, 40)} is there twice")
        document[name] = value
    return document


def _no_number(name: str) -> object:
    raise ValueError(f"not JSON: {name} is no number")


def _integer(digits: str) -> int:
    if len(digits) > 40:
        raise ValueError(f"beyond reading: a number of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("beyond reading: a number that is too large")
    return number
