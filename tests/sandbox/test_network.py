"""The sandbox's network: production names answered here, every other name refused."""

from __future__ import annotations

import base64
import socket
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import httpx2
import pytest
from botocore.exceptions import ClientError

from sandbox.services import ACCOUNT, CONTROL, Services, start


@pytest.mark.parametrize(
    "url",
    [
        "https://sandbox-tenant.us.auth0.com/.well-known/openid-configuration",
        "https://sandbox-org.okta.com/oauth2/default/.well-known/openid-configuration",
        "https://login.sandbox.example/.well-known/openid-configuration",
    ],
)
def test_serves_production_names_with_certificates_of_its_own_authority(services: Services, url: str) -> None:
    assert services.ca.exists()
    assert httpx2.get(url).json()["issuer"].startswith("https://")


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/",
        "https://amazonaws.com.example.com/",
        "https://other-tenant.us.auth0.com/",
        "https://sts.us-west-2.amazonaws.com:8443/",
    ],
)
def test_refuses_every_other_name(url: str) -> None:
    with pytest.raises(httpx2.ProxyError, match="403"):
        httpx2.get(url)


def test_refuses_to_forward_plain_http(services: Services) -> None:
    with httpx2.Client(proxy=services.proxy) as http:
        response = http.get("http://sts.us-west-2.amazonaws.com/")
    assert (response.status_code, response.text) == (403, "the sandbox's proxy only tunnels: use https\n")


@pytest.mark.parametrize(
    "authorization",
    [
        {},
        {"Proxy-Authorization": "Basic " + base64.b64encode(b"sandbox:sandbox").decode()},
        {"Proxy-Authorization": "Basic ==="},
        {"Proxy-Authorization": "Bearer sandbox"},
    ],
    ids=["none", "another password", "no base64", "another scheme"],
)
@pytest.mark.parametrize("url", ["https://login.sandbox.example/keys", f"https://{CONTROL}/leftovers"])
def test_tunnels_for_nobody_without_the_password(services: Services, authorization: dict[str, str], url: str) -> None:
    proxy = urlsplit(services.proxy)
    stranger = httpx2.Proxy(f"http://127.0.0.1:{proxy.port}", headers=authorization)
    with httpx2.Client(proxy=stranger) as http, pytest.raises(httpx2.ProxyError, match="407"):
        http.post(url)


@pytest.mark.parametrize(
    "request_line", ["CONNECT sandbox-tenant.us.auth0.com HTTP/1.1", "\x16\x03\x01", "GET / HTTP/1.1"]
)
def test_answers_what_is_no_request_for_a_tunnel_and_goes_on(services: Services, request_line: str) -> None:
    proxy = urlsplit(services.proxy)
    with socket.create_connection(("127.0.0.1", proxy.port or 0)) as connection:
        connection.sendall(f"{request_line}\r\n\r\n".encode("latin-1"))
        assert connection.recv(1024).startswith(b"HTTP/1.1 403 Forbidden\r\n")
    assert httpx2.get("https://login.sandbox.example/keys").status_code == 200


def with_urllib(url: str) -> int:
    with urllib.request.build_opener().open(url) as answer:  # urlopen's own has the proxy of its first use
        return answer.status


def with_httpx2(url: str) -> int:
    return httpx2.get(url).status_code


@pytest.mark.usefixtures("services")
@pytest.mark.parametrize("get", [with_urllib, with_httpx2])
def test_lets_clients_in_that_the_environment_leads_there(get: Callable[[str], int]) -> None:
    assert get("https://sandbox-org.okta.com/oauth2/default/v1/keys") == 200


def test_is_aws_to_clients_that_the_environment_leads_there(services: Services) -> None:
    for endpoint in (None, services.aws):
        caller = boto3.Session(region_name="us-west-2").client("sts", endpoint_url=endpoint)
        assert caller.get_caller_identity()["Account"] == ACCOUNT


@pytest.mark.parametrize(
    ("credentials", "code"),
    [
        ({"aws_access_key_id": ACCOUNT, "aws_secret_access_key": "sandbox"}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "AKIASTRANGER", "aws_secret_access_key": "sandbox"}, "InvalidClientTokenId"),
    ],
)
@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("sts", "get_caller_identity", {}),
        ("cognito-idp", "list_user_pools", {"MaxResults": 1}),
        ("lambda", "list_functions", {}),
        ("s3", "list_buckets", {}),
    ],
    ids=["query", "json", "rest-json", "rest-xml"],
)
def test_is_aws_to_nobody_without_the_secret(
    services: Services, credentials: dict[str, str], code: str, service: str, operation: str, arguments: dict[str, Any]
) -> None:
    session: Any = boto3.Session(region_name="us-west-2", **credentials)
    for endpoint in (None, services.aws):
        with pytest.raises(ClientError) as refused:
            getattr(session.client(service, endpoint_url=endpoint), operation)(**arguments)
        assert refused.value.response["Error"]["Code"] == code


def test_takes_no_aws_request_that_is_changed_on_its_way(services: Services) -> None:
    lambdas = boto3.Session(region_name="us-west-2").client("lambda", endpoint_url=services.aws)

    def alter(request: Any, **_: Any) -> None:
        request.url = request.url.replace("orders", "billing")

    lambdas.meta.events.register("before-send", alter)
    with pytest.raises(ClientError, match="SignatureDoesNotMatch"):
        lambdas.get_function(FunctionName="orders")


@pytest.mark.parametrize("path", ["/moto-api/reset", "/", "/latest/meta-data/iam/security-credentials/"])
def test_serves_nothing_of_aws_without_a_signature(services: Services, path: str) -> None:
    for base in (services.aws, "https://sts.us-west-2.amazonaws.com"):
        answer = httpx2.post(f"{base}{path}")
        assert (answer.status_code, answer.json()["__type"]) == (403, "MissingAuthenticationToken")


def test_is_controlled_through_the_proxy_only(services: Services) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(services.aws).port or 0)) as connection:
        connection.sendall(f"POST /leftovers HTTP/1.1\r\nHost: {CONTROL}\r\nContent-Length: 0\r\n\r\n".encode())
        assert connection.recv(1024).startswith(b"HTTP/1.1 403 ")
    assert httpx2.post(f"https://{CONTROL}/leftovers").json().keys() == {"leftovers"}
    assert httpx2.get(f"https://{CONTROL}/leftovers").status_code == 405


def test_makes_its_secrets_anew_at_each_start(services: Services, tmp_path: Path) -> None:
    other = start(tmp_path, attached=True)
    try:
        ours, others = services.environment({}), other.environment({})
    finally:
        other.stop()
    secret = ("HTTPS_PROXY", "AWS_SECRET_ACCESS_KEY", "AUTH0_API_TOKEN", "OKTA_API_TOKEN")
    assert not [name for name in secret if len(ours[name]) < 30 or ours[name] == others[name]]


def test_is_trusted_by_nobody_who_was_not_told_of_its_authority(services: Services) -> None:
    trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with (
        httpx2.Client(proxy=services.proxy, verify=trusting_nobody) as http,
        pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        http.get("https://sandbox-tenant.us.auth0.com/")


def test_listens_on_one_loopback_address_only(services: Services) -> None:
    urls = (services.proxy, services.aws)
    ports = [*services.providers.values(), *(urlsplit(url).port or 0 for url in urls)]
    assert {urlsplit(url).hostname for url in urls} == {"127.0.0.1"}
    for port in ports:
        socket.create_connection(("127.0.0.1", port)).close()
        # What listens on all addresses would answer here as well.
        with pytest.raises(OSError, match=r"refused|unreachable|timed out|assign"):
            socket.create_connection(("127.0.0.2", port), timeout=1)
