"""What is overdue is decided in one place, and told in one way.

`is_over` and `remaining` in `workdays/rules.py` say it of a moment, `over` and `OVER` in `casework/queries.py` say it in
SQL. A second comparison would sooner or later count other cases, or other days.
"""

import re

from tests.architecture.test_house_rules import CODE, SRC

PLACES = {SRC / "workdays" / "rules.py", SRC / "casework" / "queries.py"}
# When a message is to be sent is no term that anybody may miss.
MESSAGES = {SRC / "notify", SRC / "project" / "vitals.py"}
DUE = r"[\w.]*\bdue_at"
NOW = r"(?<!\w)(?:at|now|now\(\)|moment|wanted\.late_at|%\(?\w*\)?s?|\{\w*\})(?![\w.])"
DECIDES = re.compile(rf"due_at__lte?\b|{DUE} *[<>]=? *{NOW}|{NOW} *(?:[<>]=?|-) *{DUE}|{DUE} *- *{NOW}")


def test_nothing_else_compares_a_deadline_with_the_moment():
    found = [
        f"{path.relative_to(SRC)}:{number}: {line.strip()}"
        for path in CODE
        if path not in PLACES and not any(path.is_relative_to(one) for one in MESSAGES)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if DECIDES.search(line)
    ]
    assert found == []


def test_what_decides_is_seen():
    for line in ("case.due_at < at", "row.due_at - at", "at > due_at", "rows.filter(due_at__lt=at)", "c.due_at < %s"):
        assert DECIDES.search(line), line
    for line in ("clock.due_at - clock.started_at", "due_at__range=(at, day_ends)", "line.due_at <= end"):
        assert not DECIDES.search(line), line
