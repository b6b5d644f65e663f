"""Secrets Manager as moto has it, telling a name that waits for its deletion from one that is taken."""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from sandbox.aws.refusals import Refusal, WithMotosUrls


class SecretsBackend(WithMotosUrls, SecretsManagerBackend):
    """One account's secrets in one region."""

    def create_secret(self, name: str, *args: Any, **settings: Any) -> str:
        held = self.secrets.get(name) if name in self.secrets.keys() else None  # noqa: SIM118  moto's `in` takes ARNs
        if isinstance(held, FakeSecret) and held.is_deleted():
            raise Refusal(
                "InvalidRequestException",
                "You can't create this secret because a secret with this name is already scheduled for deletion.",
            )
        return super().create_secret(name, *args, **settings)
