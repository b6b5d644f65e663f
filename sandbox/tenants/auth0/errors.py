"""How the Management API v2 says no: `{statusCode, error, message, errorCode}`."""

from __future__ import annotations

from http import HTTPStatus

from pydantic import ValidationError


class ManagementError(Exception):
    """An error answer of the Management API; `code` is its `errorCode`."""

    def __init__(self, status: int, message: str, code: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code

    def document(self) -> dict[str, object]:
        reason = HTTPStatus(self.status).phrase
        return {"statusCode": self.status, "error": reason, "message": self.message, "errorCode": self.code}


def missing(what: str) -> ManagementError:
    return ManagementError(404, f"The {what} does not exist", f"inexistent_{what.replace(' ', '_')}")


def conflict(message: str) -> ManagementError:
    return ManagementError(409, message, "conflict")


def invalid_body(message: str) -> ManagementError:
    return ManagementError(400, f"Payload validation error: {message}", "invalid_body")


def invalid_payload(error: ValidationError) -> ManagementError:
    """The first mistake that pydantic found, in the words of the service's schema validator."""
    mistake = error.errors(include_url=False, include_context=False)[0]
    path = ".".join(str(part) for part in mistake["loc"])
    if mistake["type"] == "extra_forbidden":
        return invalid_body(f"'Additional properties not allowed: {path}'.")
    if mistake["type"] == "missing":
        return invalid_body(f"'Missing required property: {path}'.")
    return invalid_body(f"'{mistake['msg']}' on property {path}.")
