"""What a program that runs on the sandbox finds in its environment."""

from __future__ import annotations

from pathlib import Path

from sandbox.services import Services, without_credentials

SERVICES = Services(
    folder=Path("/sandbox"),
    pid=1,
    proxy="http://sandbox:password@127.0.0.1:1",
    ca=Path("/sandbox/ca.pem"),
    aws="http://127.0.0.1:2",
    providers={"aws": 4, "auth0": 5, "okta": 6},
    credentials={"AWS_SECRET_ACCESS_KEY": "random", "AUTH0_DOMAIN": "tenant.us.auth0.com", "OKTA_ORG_NAME": "org"},
    language=7,
)


def test_takes_out_what_leads_to_real_accounts() -> None:
    real = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AUTH0_CLIENT_SECRET": "secret",
        "OKTA_API_PRIVATE_KEY": "key",
        "PULUMI_ACCESS_TOKEN": "token",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/passphrase",
        "all_proxy": "http://proxy",
        "HTTPS_PROXY": "http://proxy",
    }
    assert without_credentials({**real, "HOME": "/home/me", "PATH": "/bin"}) == {"HOME": "/home/me", "PATH": "/bin"}


def test_leads_everything_to_the_sandbox() -> None:
    environment = SERVICES.environment({"AWS_ACCESS_KEY_ID": "AKIAREAL", "AWS_REGION": "eu-west-1", "PATH": "/bin"})
    assert "AWS_REGION" not in environment
    expected = {
        "PATH": "/bin",
        "AWS_ACCESS_KEY_ID": "123456789012",
        "AWS_SECRET_ACCESS_KEY": "random",
        "AUTH0_DOMAIN": "tenant.us.auth0.com",
        "OKTA_ORG_NAME": "org",
        "HTTPS_PROXY": "http://sandbox:password@127.0.0.1:1",
        "https_proxy": "http://sandbox:password@127.0.0.1:1",
        "NO_PROXY": "127.0.0.1,localhost,::1",
        "SSL_CERT_FILE": "/sandbox/ca.pem",
        "AWS_CA_BUNDLE": "/sandbox/ca.pem",
        "PULUMI_BACKEND_URL": "file:///sandbox/backend?metadata=skip",
        "PULUMI_DEBUG_PROVIDERS": "aws:4,auth0:5,okta:6",
    }
    assert expected.items() <= environment.items()


def test_has_programs_keep_what_they_compile() -> None:
    assert SERVICES.environment({"PYTHONDONTWRITEBYTECODE": "1"})["PYTHONDONTWRITEBYTECODE"] == ""


def test_shows_no_secret_where_it_is_printed() -> None:
    shown = repr(SERVICES)
    assert not [secret for secret in ("password", "random") if secret in shown]


def test_leaves_packages_to_their_real_plugins() -> None:
    environment = SERVICES.environment({}, real_plugins=["auth0", "okta"])
    assert environment["PULUMI_DEBUG_PROVIDERS"] == "aws:4"
