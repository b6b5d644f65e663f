"""`decode`: header, claims, times and shape of a token. The signature is neither verified nor printed."""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Mapping

from agentcore_auth.authorizer.jws import cleaned, parse
from agentcore_auth.authorizer.rules import is_id_token, seconds_of
from agentcore_auth.authorizer.shapes import shape_of
from agentcore_auth.authorizer.times import duration, is_in_milliseconds, moment
from agentcore_auth.cli.terminal import ACCEPTED, out, pretty, print_json, read_token, say

TIMES = {"iat": "issued", "auth_time": "authenticated", "nbf": "valid from", "exp": "expires"}


def run(options: argparse.Namespace) -> int:
    token, superfluous = cleaned(read_token(options))
    parts = parse(token)
    if superfluous:
        say(f"note: took off {superfluous}")
    now = time.time()
    times = times_of(parts.claims, now)
    shape = shape_of(parts.claims)
    expires_in = next((entry["seconds"] for name, entry in times.items() if name == "exp"), None)
    if options.json:
        document: dict[str, object] = {
            "header": parts.header,
            "claims": parts.claims,
            "times": times,
            "expiresIn": expires_in,
            "kind": "id" if is_id_token(parts.claims) else "access",
            "shape": shape
            and {
                "name": shape.name,
                "clientClaim": shape.client_claim,
                "hasAudience": shape.has_audience,
                "scopeClaim": shape.scope_claim,
            },
        }
        print_json(document)
        return ACCEPTED
    out(f"header\n{pretty(parts.header)}\nclaims\n{pretty(parts.claims)}\ntimes")
    for name, entry in times.items():
        out(f"  {TIMES[name]:<14}{entry['date'] or 'beyond the calendar'}  ({_relative(name, entry['seconds'])})")
    for name in times:
        if is_in_milliseconds(seconds_of(parts.claims, name) or 0):
            out(f"note: {name} is in milliseconds, it seems; RFC 7519 wants seconds")
    if is_id_token(parts.claims):
        out("kind: an ID token, for an application; a gateway takes access tokens")
    if shape is None:
        out("shape: none that is known; no claim names the client")
    else:
        audience = "audience in aud" if shape.has_audience else "no audience"
        out(f"shape: {shape.name} (client in {shape.client_claim}, {audience}, scopes in {shape.scope_claim})")
    return ACCEPTED


def times_of(claims: Mapping[str, object], now: float) -> dict[str, dict[str, object]]:
    """Each time claim as a date (UTC; None beyond the calendar) and in whole seconds from now."""
    times: dict[str, dict[str, object]] = {}
    for name in TIMES:
        seconds = seconds_of(claims, name)
        if seconds is not None:
            times[name] = {"date": moment(seconds), "seconds": math.floor(seconds - now)}
    return times


def _relative(name: str, seconds: object) -> str:
    distance = seconds if isinstance(seconds, int) else 0
    if name == "exp":
        return f"expires in {duration(distance)}" if distance >= 0 else f"expired {duration(-distance)} ago"
    return f"in {duration(distance)}" if distance > 0 else f"{duration(-distance)} ago"
