"""What every part of the stack file is: a section, whose fields are its keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PROJECT = "agentcore-auth"


class Section(BaseModel, frozen=True):
    """A part of the configuration: camelCase keys, no unknown ones, no conversion of types, unchangeable."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        strict=True,
        hide_input_in_errors=True,
        # A validator is built when a stack file has the section. Defaults are therefore made by `model_construct`.
        defer_build=True,
    )
