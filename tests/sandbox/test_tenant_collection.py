"""What a collection of a management API does with a payload, with a toy of a vendor."""

from __future__ import annotations

from typing import Annotated

import pytest
from pydantic import Field

from sandbox.tenants.collection import ApiError, Collection, Entity


class Book(Entity):
    id: str
    title: str
    shelf: Annotated[int, Field(ge=1)] = 1
    lent: bool = False


class Books(Collection[Book]):
    """A vendor whose errors say what was wrong and nothing else; a book that is lent cannot be removed."""

    model, what, server_set = Book, "book", frozenset({"id", "lent"})
    unique, filters = ("title", "shelf"), ("title",)

    def new_key(self) -> str:
        return f"book-{len(self) + 1}"

    def missing(self, key: str) -> ApiError:
        return ApiError(404, f"no {key}", {})

    def invalid(self, mistake: str, field: str, message: str) -> ApiError:
        return ApiError(400, f"{mistake} {field}: {message}", {})

    def taken(self, entity: Book) -> ApiError:
        return ApiError(409, f"{entity.title} is there", {})

    def check_removal(self, entity: Book) -> None:
        if entity.lent:
            raise ApiError(403, f"{entity.title} is lent", {})


@pytest.fixture
def books() -> Books:
    books = Books()
    books.create({"title": "first", "shelf": 2})
    books.create({"title": "second", "shelf": 3}, lent=True)
    return books


def test_a_new_entity_has_a_key_and_what_the_service_sets_whatever_the_payload_says(books: Books) -> None:
    made = books.create({"title": "third", "id": "mine", "lent": True})
    assert made == Book(id="book-3", title="third") == books.find("book-3")


def test_a_modified_entity_keeps_what_the_payload_leaves_out(books: Books) -> None:
    assert books.modify("book-1", {"title": "other"}) == Book(id="book-1", title="other", shelf=2)


def test_null_puts_a_field_back_to_its_default(books: Books) -> None:
    assert books.modify("book-1", {"shelf": None}).shelf == 1


def test_a_replaced_entity_keeps_only_what_the_service_sets(books: Books) -> None:
    assert books.replace("book-2", {"title": "other", "lent": False}) == Book(id="book-2", title="other", lent=True)


def test_a_removed_entity_is_gone(books: Books) -> None:
    books.remove("book-1")
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
        ("modify", ("book-9", {}), 404, "no book-9"),
        ("replace", ("book-9", {}), 404, "no book-9"),
        ("remove", ("book-9",), 404, "no book-9"),
        ("remove", ("book-2",), 403, "second is lent"),
    ],
)
def test_what_is_refused_changes_nothing(
    books: Books, operation: str, arguments: tuple[object, ...], status: int, says: str
) -> None:
    before = dict(books)
    with pytest.raises(ApiError, match=says) as refused:
        getattr(books, operation)(*arguments)
    assert refused.value.status == status
    assert books == before


@pytest.mark.parametrize("operation", ["modify", "replace"])
def test_an_entity_does_not_collide_with_itself(books: Books, operation: str) -> None:
    payload = {"title": "first", "shelf": 2}
    assert getattr(books, operation)("book-1", payload) == Book(id="book-1", title="first", shelf=2)
