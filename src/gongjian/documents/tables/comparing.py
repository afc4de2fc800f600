"""Comparing a file with what is there, for tables of some hundred rows."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from gongjian.documents.cells import Note
from gongjian.documents.tables.spec import Row, RowError


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking in a file would do; nothing is written yet."""

    new: list[dict[str, Any]]
    changed: list[dict[str, Any]]
    same: list[dict[str, Any]]
    wrong: list[RowError]
    rows: int  # read, the wrong ones included
    notes: Sequence[Note] = ()  # on the file


def compare(rows: Iterable[Row], present: Mapping[Any, Mapping[str, Any]], *, key: str) -> Plan:
    """Return what is new, changed or the same against `present` (key value -> values), and what is wrong.

    A row is changed when one of the keys that both hold differs. A key that comes twice is wrong the second time.
    """
    plan, read_rows = Plan([], [], [], [], 0), 0
    seen: dict[Any, int] = {}
    for row in rows:
        read_rows += 1
        own, errors = row.values[key], list(row.errors)
        if own in seen and own is not None:
            errors.append(row.wrong(key, _("和第 {row} 行重复。").format(row=seen[own])))
        if errors:
            plan.wrong.extend(errors)
            continue
        seen[own] = row.number
        there = present.get(own)
        if there is None:
            plan.new.append(row.values)
        elif any(there[name] != value for name, value in row.values.items() if name in there):
            plan.changed.append(row.values)
        else:
            plan.same.append(row.values)
    return Plan(plan.new, plan.changed, plan.same, plan.wrong, read_rows)
