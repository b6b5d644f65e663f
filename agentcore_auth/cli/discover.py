"""`discover`: whether a discovery document is there, valid and of use to a gateway; if not, where it likely is."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from agentcore_auth.authorizer.causes import Cause, Finding, TokenError, quoted
from agentcore_auth.authorizer.checking import WELL_KNOWN
from agentcore_auth.authorizer.families import Family, family_of, fitting_lists, recognize
from agentcore_auth.authorizer.model import is_discovery_url
from agentcore_auth.authorizer.verification import readable_keys
from agentcore_auth.cli.terminal import ACCEPTED, REFUSED, UNREACHABLE, Tone, out, print_json, slowly
from agentcore_auth.placeholders import placeholder_in
from agentcore_auth.tokens.discovery import (
    document_findings,
    document_notes,
    fetch_document,
    fetch_jwks,
    offers_client_credentials,
)
from agentcore_auth.tokens.locations import likely_url


@dataclass
class Discovered:
    """What was found out about a URL; `read` is the URL that a document was read from."""

    url: str
    read: str | None = None
    document: Mapping[str, object] = field(default_factory=dict[str, object])
    keys: Sequence[Mapping[str, object]] = ()
    findings: list[Finding] = field(default_factory=list[Finding])
    likely: str | None = None
    notes: Sequence[str] = ()

    @property
    def family(self) -> Family | None:
        """Which family of issuers this is, by the URL or by what the document names."""
        by_url = recognize(self.read or self.url)
        return by_url.family if by_url else family_of(self.document.get("issuer"))


def run(options: argparse.Namespace) -> int:
    with slowly(f"reading {options.url}"):
        found = discover(options.url)
    if options.json:
        print_json(as_document(found))
    else:
        _print(found)
    if not found.findings:
        return ACCEPTED
    return UNREACHABLE if found.findings[0].cause is Cause.DISCOVERY_UNREACHABLE else REFUSED


def discover(url: str) -> Discovered:
    """Read and check what is at a URL, or, where the URL has not the right form, at the one that it likely means."""
    found = Discovered(url)
    if placeholder := placeholder_in(url):
        message = f"{quoted(url)} still has the placeholder {placeholder} in it: put your own in its place"
        found.findings.append(Finding(Cause.DISCOVERY_URL_FORM, message))
        return found
    likely = likely_url(url)
    well_formed = is_discovery_url(url) and url.endswith(WELL_KNOWN)
    if not well_formed:
        message = f"{quoted(url)} is no discovery URL: that is https://…{WELL_KNOWN}"
        found.findings.append(Finding(Cause.DISCOVERY_URL_FORM, message))
    if well_formed or "<" not in likely:
        _look(found, url if well_formed else likely)
    if found.findings and likely != url:
        found.likely = likely
    found.findings.sort(key=lambda finding: finding.cause.rank)
    return found


def as_document(found: Discovered) -> dict[str, object]:
    """The document of `--json`."""
    document = found.document
    return {
        "url": found.url,
        "read": found.read,
        "issuer": document.get("issuer"),
        "tokenEndpoint": document.get("token_endpoint"),
        "jwksUri": document.get("jwks_uri"),
        "clientCredentials": offers_client_credentials(document),
        "keys": [{name: key.get(name) for name in ("kid", "kty", "alg")} for key in found.keys],
        "findings": [{"cause": finding.cause.value, "message": finding.message} for finding in found.findings],
        "likelyUrl": found.likely,
        "notes": list(found.notes),
        "family": found.family.name if found.family else None,
        "fits": fitting_lists(found.family) if found.family else None,
    }


def _look(found: Discovered, url: str) -> None:
    try:
        found.document = fetch_document(url)
    except TokenError as error:
        found.findings.append(Finding(error.cause, error.message))
        return
    found.read = url
    found.findings.extend(document_findings(found.document, url))
    found.notes = document_notes(found.document, url)
    if found.family and found.family.unusable and not found.findings:
        found.notes = (*found.notes, found.family.unusable)
    jwks_uri = found.document.get("jwks_uri")
    if isinstance(jwks_uri, str):
        try:
            found.keys = readable_keys(fetch_jwks(jwks_uri, url))
        except TokenError as error:
            found.findings.append(Finding(error.cause, error.message))


def _print(found: Discovered) -> None:
    document = found.document
    if found.read is not None:
        out(f"read            {found.read}")
        for key in ("issuer", "token_endpoint", "jwks_uri"):
            out(f"{key:<16}{quoted(document[key], 300) if key in document else 'missing'}")
        offered = {True: "offered", False: "not offered", None: "not stated"}[offers_client_credentials(document)]
        out(f"client_credentials: {offered}")
        algorithms = sorted({str(key.get("alg") or key.get("kty")) for key in found.keys})
        out(
            f"keys            {len(found.keys)} usable ({quoted(algorithms)})" if found.keys else "keys            none"
        )
    for finding in found.findings:
        out(f": {finding.cause.value}: {finding.message}", lead="wrong", tone=Tone.BAD)
    if found.likely:
        works = " (it answers)" if found.read == found.likely else ""
        out(f"likely right: {found.likely}{works}")
    if found.family and not found.family.unusable:
        out(f"tokens          as {found.family.name} issues them; lists that fit: {fitting_lists(found.family)}")
    for note in found.notes:
        out(f"note: {note}")
    if not found.findings:
        out(": a gateway can use this discovery URL", lead="fine", tone=Tone.GOOD)
