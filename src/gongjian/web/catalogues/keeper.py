"""Writing one dated table from what its form says: the right, the columns, the record, the memory of the process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.audit import dated
from gongjian.audit.dated import Refused, Table
from gongjian.audit.versions import changed
from gongjian.identity.rights import Right, require
from gongjian.web.catalogues.spec import Write


def _as_said(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(values)


def _passes(_write: Write) -> None:
    return None


@dataclass(frozen=True)
class Keeper:
    """`columns` turns what the form says into columns, `check` refuses what the table's own law forbids."""

    table: Table
    right: Right
    forget: Callable[[], None]
    columns: Callable[[Mapping[str, Any]], dict[str, Any]] = _as_said
    check: Callable[[Write], None] = _passes
    version: str = ""  # of what processes remember of the table

    def write(self, write: Write) -> None:
        """Insert, follow, correct or end a row. Raises Forbidden and Refused."""
        require(write.actor, self.right)
        if write.first is None:
            raise Refused("since", _("写上从哪天起。"))
        self.check(write)
        values, first, last = self.columns(write.values), write.first, write.last
        by, at = write.actor, write.at
        if write.entry is None:
            dated.add(self.table, values=values, first=first, last=last, by=by, at=at)
        else:
            seen, key = write.seen or write.entry.seen, write.entry.key
            dated.change(self.table, key=key, seen=seen, values=values, first=first, last=last, by=by, at=at)
        self._forgotten()

    def withdraw(self, write: Write) -> None:
        """Take back a row that has not begun. Raises Forbidden and Refused."""
        require(write.actor, self.right)
        if write.entry is not None:
            dated.withdraw(self.table, key=write.entry.key, seen=write.seen, by=write.actor, at=write.at)
        self._forgotten()

    def _forgotten(self) -> None:
        if self.version:
            changed(self.version)
        self.forget()
        # Another thread may have read the old rows while this transaction was still open.
        transaction.on_commit(self.forget)
