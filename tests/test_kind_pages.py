"""docs/kinds tells how each kind of case runs; it is printed from the tables that run it, so it cannot lie."""

import os
from datetime import datetime
from pathlib import Path

import pytest
from django.utils.translation import override

from gongjian.casework.explain import explain
from gongjian.domains.hotline.workflow import KINDS
from gongjian.workdays.rules import SHANGHAI

PAGES = Path(__file__).parents[1] / "docs" / "kinds"
# The terms in force that day; a new term shows here when the day is moved on.
AS_OF = datetime(2026, 11, 23, tzinfo=SHANGHAI)


def page_of(kind) -> str:
    with override("zh-hans"):
        told = explain(kind, at=AS_OF)
    head, _, rest = told.partition("\n")
    how = (
        f"`GOLDEN=write make test ARGS=tests/test_kind_pages.py` writes this page. Terms in force on {AS_OF:%Y-%m-%d}."
    )
    return f"{head}\n\n{how}\n{rest}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_the_page_of_a_kind_says_what_its_table_says(district, kind):
    told, path = page_of(kind), PAGES / f"{kind.key}.md"
    if os.environ.get("GOLDEN") == "write":
        path.write_text(told)
    assert path.exists(), f"{path.name} is missing: run once with GOLDEN=write"
    assert told == path.read_text(), (
        f"{path.name} changed: if it was meant, run with GOLDEN=write and look at the difference"
    )


def test_there_is_a_page_for_every_kind_and_no_other():
    assert {path.name for path in PAGES.glob("*.md")} == {f"{kind.key}.md" for kind in KINDS}


def test_every_limit_of_a_page_has_a_term_and_a_source(district):
    for kind in KINDS:
        rows = page_of(kind).split("## Terms in force")[1].strip().splitlines()[2:]
        assert rows
        for row in rows:
            limit, _urgency, term, _told, source, since = (cell.strip() for cell in row.strip("|").split("|"))
            assert term != "none in force", limit
            assert source, limit
            assert since, limit
