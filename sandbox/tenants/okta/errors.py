"""How Okta's management API says no: `{errorCode, errorSummary, errorLink, errorId, errorCauses}`."""

from __future__ import annotations

import secrets


class OktaError(Exception):
    """An error answer of the management API."""

    def __init__(self, status: int, code: str, summary: str, causes: tuple[str, ...] = ()) -> None:
        super().__init__(summary)
        self.status = status
        self.code = code
        self.summary = summary
        self.causes = causes

    def document(self) -> dict[str, object]:
        return {
            "errorCode": self.code,
            "errorSummary": self.summary,
            "errorLink": self.code,
            "errorId": "oae" + secrets.token_urlsafe(16),
            "errorCauses": [{"errorSummary": cause} for cause in self.causes],
        }


def missing(what: str, key: str) -> OktaError:
    return OktaError(404, "E0000007", f"Not found: Resource not found: {key} ({what})")


def invalid(field: str, reason: str) -> OktaError:
    return OktaError(400, "E0000001", f"Api validation failed: {field}", (f"{field}: {reason}",))


def unauthorized() -> OktaError:
    return OktaError(401, "E0000011", "Invalid token provided")
