"""The configuration's documentation is made from its schema, and is up to date."""

from __future__ import annotations

from configuration.reference import page
from configuration.schema import schema
from tests.unit.project import PROJECT

PAGE = PROJECT / "docs/configuration.md"


def test_the_page_is_what_the_schema_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m configuration.reference > docs/configuration.md"


def test_every_key_is_described() -> None:
    assert [name for name, field in schema().model_fields.items() if not field.description] == []
