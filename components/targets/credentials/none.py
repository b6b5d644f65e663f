"""Calls that show nothing."""

from __future__ import annotations

from typing import Literal

from components.targets.base import TargetContext
from components.targets.credentials.base import Credentials, OutboundAuth


class NoCredentials(Credentials, frozen=True):
    """The tool asks for none."""

    type: Literal["none"] = "none"

    def outbound_auth(self, context: TargetContext, target: str, endpoint: str) -> OutboundAuth:
        return OutboundAuth(None)
