"""Tokens after public bug reports: what `check` answers, with the issuer's documents and with its keys from a file."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jwt
import pytest

from agentcore_auth.authorizer.families import contradictions, family_of
from agentcore_auth.authorizer.model import Authorizer
from agentcore_auth.tokens import transport
from agentcore_auth.tokens.transport import Response, UnreachableError
from tests.unit.issued_tokens import public_key, signing_key
from tests.unit.token_command import Answer, Command

Case = Mapping[str, Any]
GIVEN: list[Case] = json.loads((Path(__file__).parents[1] / "data" / "tokens.json").read_text(encoding="utf-8"))
BY_NAME = {case["name"]: case for case in GIVEN}
T = "11111111-aaaa-4bbb-8ccc-222222222222"
OTHER = "99999999-aaaa-4bbb-8ccc-222222222222"
WELL_KNOWN = ".well-known/openid-configuration"


def like(name: str, kind: str, /, **changes: Any) -> Case:
    """Another case of the kind of a given one: parts replaced (`authorizer`) or changed (`claims`: None takes out)."""
    case = dict(BY_NAME[name])
    for key, value in changes.items():
        merged = {**case.get(key, {}), **value} if isinstance(value, dict) else value
        case[key] = (
            {k: v for k, v in merged.items() if v is not None or key == "expected"}
            if isinstance(merged, dict)
            else merged
        )
    return {**case, "name": f"{name}: {kind}"}


def expecting(status: int | None, *says: str, **more: Any) -> dict[str, Any]:
    return {"status": status, "says": list(says), "never": [], "sameWithKeysFromFile": True, "cause": None, **more}


def role(value: str) -> list[dict[str, Any]]:
    match = {"claimMatchOperator": "CONTAINS", "claimMatchValue": {"matchValueString": value}}
    claim = {"inboundTokenClaimName": "roles", "inboundTokenClaimValueType": "STRING_ARRAY"}
    return [{**claim, "authorizingClaimMatchValue": match}]


V1, V2 = (
    f"https://login.microsoftonline.com/{T}/{WELL_KNOWN}",
    f"https://login.microsoftonline.com/{T}/v2.0/{WELL_KNOWN}",
)
STS = f"https://sts.windows.net/{T}/"
KEYCLOAK = "https://kc.acme.example/realms/agents"
OWN = [
    # version of the token and of the discovery URL
    like(
        "entra-v1-token-v2-discovery",
        "the other way round",
        authorizer={"discoveryUrl": V1},
        claims={"iss": f"https://login.microsoftonline.com/{T}/v2.0", "ver": "2.0"},
        document={"issuer": STS},
        expected=expecting(403, "accessTokenAcceptedVersion to 1", V2),
    ),
    like(
        "entra-v1-token-v2-discovery",
        "of another tenant",
        claims={"iss": f"https://sts.windows.net/{OTHER}/", "tid": OTHER},
        expected=expecting(
            403, f"login.microsoftonline.com/{OTHER}/.well-known", never=[f"sts.windows.net/{OTHER}/.well-known"]
        ),
    ),
    like(
        "entra-v1-token-v1-discovery",
        "the wrong audience",
        claims={"aud": "api://55555555-3333-4333-8333-333333333333"},
        expected=expecting(401, "audience", cause="audience_differs"),
    ),
    # scopes, where tokens have roles
    like(
        "entra-v2-app-token-scopes",
        "without the role",
        claims={"roles": None},
        expected=expecting(403, "app role", "roles", "customClaims", never=["--scope"], cause="scope_absent"),
    ),
    like(
        "entra-v2-app-token-scopes",
        "the role demanded",
        authorizer={"allowedScopes": None, "customClaims": role("Gateway.Invoke")},
        expected=expecting(200),
    ),
    like(
        "entra-v2-app-token-scopes",
        "the role demanded and not given",
        authorizer={"allowedScopes": None, "customClaims": role("Gateway.Invoke")},
        claims={"roles": None},
        expected=expecting(401, "app role", never=["--scope"], cause="claim_absent"),
    ),
    # issuers for all tenants
    *(
        like(
            "entra-common-discovery",
            name,
            authorizer={"discoveryUrl": f"https://login.microsoftonline.com/{name}/{WELL_KNOWN}"},
            document={"issuer": "https://sts.windows.net/{tenantid}/"},
            expected=expecting(401, "tenant", T, never=["fine"], cause="discovery_wrong_issuer"),
        )
        for name in ("organizations", "consumers/v2.0", "common")
    ),
    # Microsoft Graph
    *(
        like(name, audience, claims={"aud": audience}, expected={"never": [f'{audience}"]']})
        for name in ("entra-graph-token", "entra-graph-token-as-sent")
        for audience in ("https://graph.microsoft.com", "https://graph.microsoft.com/", "https://graph.microsoft.us")
    ),
    # documents that are served elsewhere
    like(
        "entra-external-id-ciam",
        "by the tenant's domain name",
        authorizer={"discoveryUrl": f"https://contoso.ciamlogin.com/contoso.onmicrosoft.com/v2.0/{WELL_KNOWN}"},
        expected=expecting(200),
    ),
    like(
        "entra-external-id-ciam",
        "of another tenant",
        claims={"iss": f"https://{OTHER}.ciamlogin.com/{OTHER}/v2.0"},
        expected=expecting(403, OTHER),
    ),
    like(
        "keycloak-service-account",
        "behind another name",
        authorizer={
            "discoveryUrl": f"https://internal.acme.example/{WELL_KNOWN}",
            "allowedAudience": None,
            "allowedClients": ["gw-client"],
        },
        expected=expecting(200, "tokens have to name", cause=None),
    ),
    # a tenant's domain name
    like(
        "entra-domain-discovery",
        "version 1.0",
        authorizer={"discoveryUrl": f"https://login.microsoftonline.com/contoso.onmicrosoft.com/{WELL_KNOWN}"},
        claims={"iss": STS, "ver": "1.0"},
        document={"issuer": STS},
        expected=expecting(200),
    ),
    like(
        "entra-domain-discovery",
        "in a national cloud",
        authorizer={"discoveryUrl": f"https://login.microsoftonline.us/contoso.onmicrosoft.us/v2.0/{WELL_KNOWN}"},
        claims={"iss": f"https://login.microsoftonline.us/{T}/v2.0"},
        document={"issuer": f"https://login.microsoftonline.us/{T}/v2.0"},
        expected=expecting(200),
    ),
    like(
        "entra-domain-discovery",
        "a v1.0 token",
        claims={"iss": STS, "ver": "1.0"},
        expected=expecting(403, "https://login.microsoftonline.com", never=["other_tenant"]),
    ),
    # Okta's org authorization server
    like(
        "okta-org-discovery",
        "on a custom domain",
        authorizer={"discoveryUrl": f"https://login.acme.example/{WELL_KNOWN}"},
        claims={"iss": "https://login.acme.example"},
        document={"issuer": "https://login.acme.example", "jwks_uri": "https://login.acme.example/oauth2/v1/keys"},
        expected={"says": ["https://login.acme.example/oauth2/default/v1/token"]},
    ),
    like(
        "okta-org-discovery",
        "for a gateway of the default server",
        authorizer={"discoveryUrl": f"https://acme.okta.com/oauth2/default/{WELL_KNOWN}"},
        document={"issuer": "https://acme.okta.com/oauth2/default"},
        expected={},
    ),
    like(
        "okta-org-own-key",
        "by scopes alone",
        authorizer={"allowedAudience": None, "allowedScopes": ["openid"]},
        expected={},
    ),
    # audiences that all clients share
    like(
        "keycloak-service-account",
        "older than client_id",
        claims={"client_id": None, "clientId": "gw-client"},
        expected={"says": ["mapper", '"azp"']},
    ),
    like(
        "keycloak-service-account",
        "beside one that is an API's",
        claims={"aud": ["account", "gw_api"]},
        expected={"says": ['"gw_api"']},
    ),
    like(
        "keycloak-service-account",
        "mapped",
        claims={"aud": ["account", "gw-api"]},
        expected=expecting(200),
    ),
    # keys of the authorizer that say something else
    like(
        "private-idp-authorizer",
        "of all kinds",
        authorizer={
            "privateEndpointOverrides": [{"domain": "kc.acme.example", "privateEndpoint": {}}],
            "certificateConfigurations": [{"secretsManager": {"secretArn": "arn"}}],
            "allowedWorkloadConfiguration": {"workloadIdentities": ["a"]},
        },
        expected={"says": ["allowedWorkloadConfiguration is not judged"]},
    ),
    like(
        "private-idp-authorizer", "another client", claims={"client_id": "x"}, expected=expecting(401, "allowedClients")
    ),
    like(
        "private-idp-authorizer",
        "a key that nobody knows",
        authorizer={"privateEndpoints": {}},
        expected=expecting(401, "unknown key", "privateEndpoints", cause="authorizer_invalid"),
    ),
    # the reserved name
    like("reserved-claim-name", "beside a list that fits", authorizer={"allowedClients": ["gw-client"]}, expected={}),
    like("reserved-claim-name", "for a token without it", claims={"client_id": None}, expected={}),
    like("reserved-claim-name", "of Entra", claims={"iss": STS}, expected={}),
]
CASES = [*GIVEN, *OWN]


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> Command:
    return Command(monkeypatch)


def token_of(case: Case) -> str:
    now = int(time.time())
    claims = {**case["claims"], "iat": now - 5, "exp": now + 3595}
    header = {**case["header"], "alg": "RS256"}
    key = signing_key("k1")
    if not case.get("signedOverHashedNonce"):
        return jwt.encode(claims, key, "RS256", headers=header)
    digest = base64.urlsafe_b64encode(hashlib.sha256(header["nonce"].encode()).digest()).decode().rstrip("=")
    signed = jwt.encode(claims, key, "RS256", headers={**header, "nonce": digest})
    sent = jwt.encode(claims, key, "RS256", headers=header)
    return ".".join([sent.split(".")[0], *signed.split(".")[1:]])


def keys() -> dict[str, object]:
    return {"keys": [public_key("k1")]}


def check(tokens: Command, case: Case, folder: Path, *options: str) -> tuple[Answer, str]:
    """As JSON, and the text."""
    file = folder / "authorizer.json"
    file.write_text(json.dumps(case["authorizer"]))
    arguments = ("check", "--authorizer", str(file), *options)
    token = token_of(case)
    shown = tokens(*arguments, stdin=token)
    return tokens(*arguments, "--json", stdin=token), shown.out + shown.err


def holds(case: Case, answer: Answer, text: str) -> None:
    expected = case["expected"]
    assert answer.document["status"] == expected["status"], text
    assert answer.code == (0 if expected["status"] == 200 else 1)
    if expected.get("cause") is not None:
        assert answer.document["cause"] == expected["cause"]
    for words in expected["says"]:
        assert words in text
    proposed = json.dumps([answer.document[key] for key in ("remedy", "configuration", "authorizer")])
    for words in expected["never"]:
        assert words not in text
        assert words not in proposed


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_reported_token_gets_the_right_answer(
    case: Case, tokens: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(case, monkeypatch)
    holds(case, *check(tokens, case, tmp_path))


def serve(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but the case's documents can be fetched."""
    served = {case["authorizer"]["discoveryUrl"]: case["document"], case["document"]["jwks_uri"]: keys()}

    def request(url: str, **_: object) -> Response:
        if url not in served:
            raise UnreachableError(f"{url} is nobody's")
        return Response(200, {}, json.dumps(served[url]).encode(), url)

    monkeypatch.setattr(transport, "request", request)


DISCOVERED = {
    "entra-common-discovery": (1, "tenant"),
    "okta-org-discovery": (1, "org authorization server"),
    "okta-org-discovery: on a custom domain": (1, "org authorization server"),
    "entra-v2-app-token-scopes": (0, "lists that fit: allowedAudience, customClaims on azp and roles"),
    "keycloak-service-account": (0, "as Keycloak issues them"),
}


@pytest.mark.parametrize("name", DISCOVERED)
def test_discover_and_check_agree_on_an_issuer(name: str, tokens: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    [case] = [case for case in CASES if case["name"] == name]
    serve(case, monkeypatch)
    code, says = DISCOVERED[name]
    shown = tokens("discover", case["authorizer"]["discoveryUrl"])
    assert shown.code == code
    assert says in shown.out
    assert ("fine: " in shown.out) is (code == 0)


@pytest.mark.parametrize("name", ["okta-org-discovery", "entra-graph-token", "okta-org-discovery: on a custom domain"])
def test_no_authorizer_is_suggested_for_a_token_that_no_gateway_can_take(name: str, tokens: Command) -> None:
    [case] = [case for case in CASES if case["name"] == name]
    refused = tokens("suggest", stdin=token_of(case))
    assert (refused.code, refused.out, refused.err.count("\n")) == (1, "", 1)


SUGGESTED = [case for case in GIVEN if case["expected"]["status"] is not None and "okta-org" not in case["name"]]


@pytest.mark.parametrize("case", SUGGESTED, ids=[case["name"] for case in SUGGESTED])
def test_what_is_suggested_fits_the_family_and_lets_in_nobody_else(case: Case, tokens: Command) -> None:
    suggested = tokens("suggest", "--json", stdin=token_of(case)).document["authorizers"]
    family = family_of(case["claims"]["iss"])
    assert family
    assert suggested
    for entry in suggested:
        lists = Authorizer.from_api(entry["authorizer"])
        names = [claim.name for claim in lists.custom_claims]
        assert not contradictions(
            family,
            allowed_audience=lists.allowed_audience,
            allowed_clients=lists.allowed_clients,
            allowed_scopes=lists.allowed_scopes,
            custom_claim_names=names,
        )
        assert not family.shared_audiences & set(lists.allowed_audience)


OFFLINE = [case for case in CASES if case["expected"].get("sameWithKeysFromFile")]


@pytest.mark.parametrize("case", OFFLINE, ids=[case["name"] for case in OFFLINE])
def test_with_keys_from_a_file_the_answer_is_the_same_or_open(case: Case, tokens: Command, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(keys()))
    answer, text = check(tokens, case, tmp_path, "--jwks", str(file))
    if case["name"].endswith("behind another name"):  # only the document tells that
        assert (answer.document["status"], answer.code) == (None, 3)
    else:
        holds(case, answer, text)


def test_a_tenant_that_only_the_document_tells_is_said_to_be_the_tokens(tokens: Command, tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps(keys()))
    answer, _ = check(tokens, BY_NAME["entra-domain-discovery"], tmp_path, "--jwks", str(file))
    assert "taken to be the token's" in answer.document["notes"][0]
