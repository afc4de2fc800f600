"""What tests say again and again: how many statements, refused at which field, which moves."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

from gongjian.casework.errors import IllegalMoveError, RefusedError
from gongjian.casework.models import CaseEvent
from gongjian.identity.rights import Forbidden

# Statements that only frame others; a budget counts what asks the database something.
FRAMES = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE SAVEPOINT", "SET ", "SET\t")


def statements(captured: CaptureQueriesContext) -> list[str]:
    """Return the statements that count, without BEGIN, COMMIT, SAVEPOINT and SET."""
    return [q["sql"] for q in captured.captured_queries if not q["sql"].lstrip().upper().startswith(FRAMES)]


@contextmanager
def assert_queries(number: int) -> Iterator[CaptureQueriesContext]:
    """Fail unless exactly so many statements are sent; a failure lists them."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    found = statements(captured)
    if len(found) != number:
        raise AssertionError(_listed(f"{len(found)} statements, not {number}", found))


@contextmanager
def assert_at_most_queries(number: int) -> Iterator[CaptureQueriesContext]:
    """Fail when more statements are sent; a failure lists them."""
    with CaptureQueriesContext(connection) as captured:
        yield captured
    found = statements(captured)
    if len(found) > number:
        raise AssertionError(_listed(f"{len(found)} statements, more than {number}", found))


def _listed(headline: str, found: list[str]) -> str:
    return "\n".join([headline, *(f"{i}. {sql[:400]}" for i, sql in enumerate(found, 1))])


@contextmanager
def assert_refused(field: str = "") -> Iterator[None]:
    """Fail unless an action refuses, at this field where one is named, and with words for people."""
    try:
        yield
    except Exception as error:
        if not hasattr(error, "field") or not hasattr(error, "message"):
            raise
        if field and error.field != field:
            raise AssertionError(f"refused at {error.field!r}, not at {field!r}: {error}") from error
        if not str(error.message).strip():
            raise AssertionError(f"refused at {error.field!r} without a word") from error
        return
    raise AssertionError("nothing was refused")


@contextmanager
def assert_forbidden() -> Iterator[None]:
    """Fail unless the right to act is missing."""
    try:
        yield
    except Forbidden:
        return
    raise AssertionError("nothing was forbidden")


@contextmanager
def assert_illegal_move() -> Iterator[None]:
    """Fail unless the kind's table has no such move from the state the case is in."""
    try:
        yield
    except IllegalMoveError:
        return
    raise AssertionError("the move was made")


def moves_of(case_id: int) -> list[str]:
    """Return the moves of a case, oldest first."""
    return list(CaseEvent.objects.filter(case=case_id).order_by("pk").values_list("move", flat=True))


__all__ = [
    "RefusedError",
    "assert_at_most_queries",
    "assert_forbidden",
    "assert_illegal_move",
    "assert_queries",
    "assert_refused",
    "moves_of",
    "statements",
]
