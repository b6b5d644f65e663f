"""Amazon Resource Names, taken apart."""

from __future__ import annotations

from typing import NamedTuple


class Arn(NamedTuple):
    """The parts of `arn:{partition}:{service}:{region}:{account}:{resource}`."""

    partition: str
    service: str
    region: str
    account: str
    resource: str

    @classmethod
    def parse(cls, text: str) -> Arn:
        """Raises ValueError where the text is no ARN."""
        prefix, *parts = text.split(":", 5)
        if prefix != "arn" or len(parts) != 5:
            raise ValueError(f"{text!r} is no ARN")
        return cls(*parts)
