"""What a collection of a management API does with a payload, with a toy of a vendor."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from sandbox.tenants.collection import ApiError, Collection, Entity


class Book(Entity):
    """A vendor whose errors say what was wrong and nothing else; a book that is lent cannot be removed."""

    what, prefix, server_set = "book", "book-", frozenset({"id", "lent"})
    unique, filters, kept = ("title", "shelf"), ("title",), frozenset({"notes"})

    id: str
    title: str
    shelf: Annotated[int, Field(ge=1)] = 1
    notes: str = ""
    lent: bool = False

    @classmethod
    def missing(cls, key: str) -> ApiError:
        return ApiError(404, f"no {key}", {})

    @classmethod
    def invalid(cls, mistake: str, field: str, message: str) -> ApiError:
        return ApiError(400, f"{mistake} {field}: {message}", {})

    def taken(self) -> ApiError:
        return ApiError(409, f"{self.title} is there", {})

    def check_removal(self) -> None:
        if self.lent:
            raise ApiError(403, f"{self.title} is lent", {})


Books = Collection[Book]


@pytest.fixture
def books() -> Books:
    books = Collection(Book, None)
    books.create({"title": "first", "shelf": 2}, id="book-1")
    books.create({"title": "second", "shelf": 3, "notes": "torn"}, id="book-2", lent=True)
    return books


def test_a_new_entity_has_a_key_and_what_the_service_sets_whatever_the_payload_says(books: Books) -> None:
    made = books.create({"title": "third", "id": "mine", "lent": True})
    assert made == Book(id=made.id, title="third") == books.find(made.id)
    assert made.id.startswith("book-")


def test_a_modified_entity_keeps_what_the_payload_leaves_out(books: Books) -> None:
    assert books.modify(books["book-1"], {"title": "other"}) == Book(id="book-1", title="other", shelf=2)


def test_null_puts_a_field_back_to_its_default(books: Books) -> None:
    assert books.modify(books["book-1"], {"shelf": None}).shelf == 1


def test_a_replaced_entity_keeps_what_the_service_sets_and_what_is_kept_unless_named(books: Books) -> None:
    replaced = books.replace(books["book-2"], {"title": "other", "lent": False})
    assert replaced == Book(id="book-2", title="other", notes="torn", lent=True)
    assert books.replace(replaced, {"title": "other", "notes": "mended"}).notes == "mended"


def test_a_removed_entity_is_gone(books: Books) -> None:
    books.remove(books["book-1"])
    with pytest.raises(ApiError, match="no book-1"):
        books.find("book-1")


@pytest.mark.parametrize(
    ("query", "found"),
    [({}, ["book-1", "book-2"]), ({"title": "second"}, ["book-2"]), ({"lent": "true"}, ["book-1", "book-2"])],
)
def test_a_search_follows_the_declared_filters_only(books: Books, query: dict[str, str], found: list[str]) -> None:
    assert [book.id for book in books.search(query)] == found


@pytest.mark.parametrize(
    ("operation", "arguments", "status", "says"),
    [
        ("create", ({"title": "first", "shelf": 2},), 409, "first is there"),
        ("modify", ("book-2", {"title": "first", "shelf": 2}), 409, "first is there"),
        ("replace", ("book-2", {"title": "first", "shelf": 2}), 409, "first is there"),
        ("create", ({"shelf": 2},), 400, "missing title"),
        ("create", ({"title": "x", "shelf": "2"},), 400, "int_type shelf"),
        ("modify", ("book-1", {"shelf": 0}), 400, "greater_than_equal shelf"),
        ("remove", ("book-2",), 403, "second is lent"),
    ],
)
def test_what_is_refused_changes_nothing(
    books: Books, operation: str, arguments: tuple[object, ...], status: int, says: str
) -> None:
    before = dict(books)
    with pytest.raises(ApiError, match=says) as refused:
        getattr(books, operation)(*(books.get(str(each), each) for each in arguments))
    assert refused.value.status == status
    assert books == before


@pytest.mark.parametrize(("key", "query"), [("book-9", {}), ("book-1", {"title": "second"})])
def test_what_is_not_there_is_not_found(books: Books, key: str, query: dict[str, str]) -> None:
    with pytest.raises(ApiError, match=f"no {key}") as refused:
        books.find(key, query)
    assert refused.value.status == 404


@pytest.mark.parametrize("operation", ["modify", "replace"])
def test_an_entity_does_not_collide_with_itself(books: Books, operation: str) -> None:
    payload = {"title": "first", "shelf": 2}
    assert getattr(books, operation)(books["book-1"], payload) == Book(id="book-1", title="first", shelf=2)
