"""What calls of a target's tools show: one file for each kind of credential; a kind of target names those it takes."""

from __future__ import annotations

from components.targets.credentials.api_key import ApiKey
from components.targets.credentials.base import CredentialedTarget, Credentials, credentials_of
from components.targets.credentials.iam import Iam, ServiceRole
from components.targets.credentials.none import NoCredentials
from components.targets.credentials.oauth import OAuth

__all__ = [
    "ApiKey",
    "CredentialedTarget",
    "Credentials",
    "Iam",
    "NoCredentials",
    "OAuth",
    "ServiceRole",
    "credentials_of",
]
