"""The sandbox's network: production names answered here, every other name refused."""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

import httpx2
import pytest

from sandbox.services import Services


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


def test_is_trusted_by_nobody_who_was_not_told_of_its_authority(services: Services) -> None:
    trusting_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with (
        httpx2.Client(proxy=services.proxy, verify=trusting_nobody) as http,
        pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"),
    ):
        http.get("https://sandbox-tenant.us.auth0.com/")


def test_listens_on_one_loopback_address_only(services: Services) -> None:
    urls = (services.proxy, services.aws, services.admin)
    ports = [*services.providers.values(), *(urlsplit(url).port or 0 for url in urls)]
    assert {urlsplit(url).hostname for url in urls} == {"127.0.0.1"}
    for port in ports:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
        # What listens on all addresses would answer here as well.
        with pytest.raises(OSError, match=r"refused|unreachable|timed out|assign"):
            socket.create_connection(("127.0.0.2", port), timeout=1)
