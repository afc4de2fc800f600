"""A moment gets its day, month and hour in one place: `local_moment` and `local_day` of `workdays/rules.py`.

Moments are kept in UTC, and from midnight until eight the day in Shenzhen is not the day in UTC. So no other module
asks a moment for its day, its month or its hour, or puts one into words.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_house_rules import CODE, SRC

ONE_PLACE = SRC / "workdays" / "rules.py"
LOCAL = {"local_moment", "local_day", "local_clock"}
# Which day, which hour: on a moment each of them answers in the moment's own zone.
PARTS = {"day", "month", "year", "hour", "minute"}
WITHOUT_ASKING = {"date", "time", "timetuple", "isocalendar", "weekday", "isoweekday", "strftime", "ctime"}
FORMAT = re.compile(r"%-?[A-Za-z]")
# How the house names moments.
MOMENT = re.compile(r"(^|_)(at|now|moment|since|until|starts|ends)$")
SQL_PARTS = re.compile(
    r"::(?:date|time|timestamp)\b"
    r"|\bto_char\((?!nextval)|\bdate_trunc\('(?:hour|day|week|month|quarter|year)'"
    r"|\bextract\((?:hour|day|dow|week|month|year)\b",
    re.IGNORECASE,
)
ZONED = re.compile(r"(at time zone 'Asia/Shanghai'\)|null)$")
TEMPLATE_PARTS = re.compile(r"\{[{%][^}%]*\b(?:at|now|moment|since|until|starts|ends)\.(?:day|month|year|hour|date)\b")


def name_of(node: ast.expr) -> str:
    if isinstance(node, ast.Call):
        return name_of(node.func)
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def is_no_moment(node: ast.expr) -> bool:
    """Whether something is a day by its name, as in `day.weekday()`, or an example that stands in the code."""
    return name_of(node).isupper() or re.search(r"(^|_)(day|first|last|today)$", name_of(node)) is not None


def faults_of_call(node: ast.Call) -> Iterator[str]:
    if not isinstance(node.func, ast.Attribute):
        return
    asked, value = node.func.attr, node.func.value
    if asked == "astimezone" and [name_of(one) for one in node.args] not in (["UTC"], ["tzinfo"]):
        yield "astimezone"  # into UTC, or as somebody else wrote it, is no question for the day
    elif asked in {"make_naive", "localtime", "localdate"}:
        yield asked
    elif asked in WITHOUT_ASKING and name_of(value) not in LOCAL | {"timezone"} and not is_no_moment(value):
        if asked in {"date", "time"} and (node.args or name_of(value) == "time"):
            return  # not of a moment: a query set's date(...), the clock of the process time.time()
        yield asked


def faults(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield line and name of whatever takes a moment apart."""
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Call):
            yield from ((line, fault) for fault in faults_of_call(node))
        elif isinstance(node, ast.Attribute) and node.attr in PARTS and MOMENT.search(name_of(node.value)):
            yield line, f"{name_of(node.value)}.{node.attr}"
        elif isinstance(node, ast.FormattedValue) and FORMAT.search(ast.unparse(node.format_spec or ast.Constant(""))):
            if name_of(node.value) not in LOCAL:
                yield line, f"a format of {ast.unparse(node.value)}"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from ((line, f"SQL {fault}") for fault in faults_of_sql(node.value))


def faults_of_sql(text: str) -> Iterator[str]:
    for hit in SQL_PARTS.finditer(text):
        inside = text[hit.start() :].partition(")")[0]
        if not ZONED.search(text[: hit.start()]) and "at time zone" not in inside:
            yield hit[0]


@pytest.mark.parametrize(
    "refused",
    [
        "at.date()",
        "case.opened_at.date()",
        "now().date()",
        "f'{at:%Y-%m-%d}'",
        "f'{export.created_at:%Y%m%d}'",
        "f'{one.at:%H:%M}'",
        "at.strftime('%Y')",
        "at.astimezone(SHANGHAI).date()",
        "at.astimezone()",
        "at.year * 12 + at.month",
        "made.created_at.isocalendar()",
        "timezone.make_naive(cell)",
        "timezone.localtime(at)",
        "'select opened_at::date from t'",
        "'select to_char(at, 1)'",
        "'select opened_at::timestamp(0)'",
        "f'select {COLUMN}::date'",
    ],
)
def test_what_takes_a_moment_apart_is_seen(refused):
    assert list(faults(ast.parse(refused)))


@pytest.mark.parametrize(
    "taken",
    [
        "local_day(at).year",
        "f'{local_moment(at):%Y-%m-%d %H:%M}'",
        "f'{local_day(at)}'",
        "f'{share:.0%}'",
        "moment.astimezone(other.tzinfo)",
        "day.weekday()",
        "EXAMPLE.strftime(form)",
        "time.time()",
        "facts.at.astimezone(UTC)",
        "at - timedelta(days=1)",
        "\"(opened_at at time zone 'Asia/Shanghai')::date\"",
    ],
)
def test_what_does_not_is_let_pass(taken):
    assert not list(faults(ast.parse(taken)))


def test_a_moment_gets_its_day_and_hour_in_one_place():
    found = [
        f"{path.relative_to(SRC)}:{line} {fault}"
        for path in CODE
        if path != ONE_PLACE
        for line, fault in faults(ast.parse(path.read_text()))
    ]
    assert not found, "\n".join(found)


def test_templates_take_no_moment_apart():
    """They use `|date`, which shows local time, and the tags `when`, `day` and `ago`."""
    assert TEMPLATE_PARTS.search("{{ case.opened_at.day }}") or TEMPLATE_PARTS.search("{{ one.at.day }}")
    found = [path.name for path in SRC.rglob("templates/**/*.*") if TEMPLATE_PARTS.search(path.read_text())]
    assert not found
