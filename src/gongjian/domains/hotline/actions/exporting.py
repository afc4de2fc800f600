"""Handing out many cases as a table: by COPY, so that the database writes the lines and Python only passes them on."""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, LiteralString

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from psycopg.sql import SQL, Composable, Identifier, Literal

from gongjian.audit.actions import record
from gongjian.casework import words
from gongjian.casework.access import restricted_units
from gongjian.casework.models import Case
from gongjian.casework.queries import OVER, Search, unrestricted_sql
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions.exporting_answers import ANSWERED, answers_cell
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.queries.found import Part
from gongjian.domains.hotline.workflow import KINDS, STATES
from gongjian.identity.actor import Actor
from gongjian.identity.queries import demonstration
from gongjian.identity.rights import require
from gongjian.sealing.masking import MAY_HIDE, hide_contacts

CHUNK: Final = 1 << 16
PLAIN: Final = b"f,"  # before a line of which nothing has to be masked
# Excel reads UTF-8 only behind this mark.
BOM: Final = "\ufeff"
# A cell that begins like this is run as a formula by spreadsheet programs; the wide forms become narrow in some.
FORMULA: Final = "=+-@\t\r\n＝＋－＠"
URGENCY: Final = {
    str(int(Case.Urgency.ORDINARY)): _("普通"),
    str(int(Case.Urgency.URGENT)): _("紧急"),
    str(int(Case.Urgency.EMERGENCY)): _("危急"),
}
CHANNELS: Final = {
    "phone": _("电话"),
    "web": _("网站"),
    "sms": _("短信"),
    "api": _("其他系统转来"),
    "counter": _("窗口"),
    "system": _("系统"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the table: its head, and its expression in the reader's language."""

    head: str | Promise
    sql: Callable[[str], Composable]  # is given zh or en
    typed: str = ""  # the expression, where it is free text: numbers in it are masked


def _plain(expression: str) -> Callable[[str], Composable]:
    return lambda _language: SQL(expression)


def _typed(head: str | Promise, expression: str) -> Column:
    """What people typed shows no numbers of theirs."""
    return Column(head, _inert(expression), typed=expression)


def _inert(expression: str) -> Callable[[str], Composable]:
    """What people typed must never run as a formula."""
    codes = SQL(", ").join(Literal(ord(sign)) for sign in FORMULA)
    guard = SQL("case when ascii({0}) in ({1}) then '''' || {0} else {0} end")
    return lambda _language: guard.format(SQL(expression), codes)


def _named(table: str, zh: str = "name_zh", en: str = "name_en") -> Callable[[str], Composable]:
    return lambda language: Identifier(table, zh if language == "zh" else en)


def _moment(expression: str) -> Callable[[str], Composable]:
    return _plain(f"date_trunc('second', {expression} at time zone 'Asia/Shanghai')")


def _word(expression: str, known: dict[str, Any]) -> Callable[[str], Composable]:
    """A code as the word for it, in the language that is active; an unknown code stands as it is."""

    def sql(_language: str) -> Composable:
        cases = SQL(" ").join(SQL("when {} then {}").format(Literal(c), Literal(str(w))) for c, w in known.items())
        return SQL("case {0} {1} else {0} end").format(SQL(expression), cases)

    return sql


def _reason(language: str) -> Composable:
    """Why a case was sent there: the words of the rule, whose clause has a column of its own, or somebody's own."""
    rule = SQL("d.reason_{}").format(SQL(language))
    of_rule = SQL("d.id is not null and position(d.reason_zh in r.dispatch_reason) > 0")
    return SQL("case when {} then {} else {} end").format(of_rule, rule, _inert("r.dispatch_reason")(language))


def _sort_of_data(_language: str) -> Composable:
    """Return whether the rows are invented: a table that has left the house must say so itself."""
    return Literal(str(_("演示，虚构") if demonstration() else _("真实")))


COLUMNS: Final = (
    Column(_("件号"), _plain("c.number")),
    Column(_("类型"), _word("c.kind", {k.key: k.label for k in KINDS})),
    Column(_("大类"), _named("g")),
    Column(_("类别"), _named("t")),
    Column(_("状态"), _word("c.state", {s.name: s.label for s in STATES})),
    Column(_("紧急程度"), _word("c.urgency::text", URGENCY)),
    _typed(_("标题"), "c.title"),
    Column(_("问题与回答"), answers_cell, typed=ANSWERED),
    Column(_("渠道"), _word("c.channel", CHANNELS)),
    Column(_("街道"), _named("s")),
    Column(_("社区"), _named("p")),
    _typed(_("地点"), "r.address"),
    Column(_("主办单位"), _named("u")),
    Column(_("派件目录条款"), _plain("d.catalogue || ' ' || d.clause")),
    Column(_("派件理由"), _reason, typed="r.dispatch_reason"),
    Column(_("登记时间"), _moment("c.opened_at")),
    Column(_("最近的期限"), _moment("c.due_at")),
    Column(_("答复时间"), _moment("r.replied_at")),
    Column(_("办结时间"), _moment("c.closed_at")),
    Column(_("退回次数"), _plain("r.returns")),
    Column(_("延期次数"), _plain("r.extensions")),
    Column(_("重办次数"), _plain("r.redos")),
    Column(_("单位说解决了吗"), _word("r.resolved", dict(ServiceRequest.Solved.choices))),
    Column(_("结果"), _word("r.outcome", dict(ServiceRequest.Outcome.choices))),
    Column(_("满意度（1 到 5）"), _plain("r.satisfaction")),
    Column(_("数据"), _sort_of_data),
)
SOURCE: Final = SQL(
    " from casework_case c join hotline_servicerequest r on r.case_id = c.id"
    " left join casework_topic t on t.id = c.topic_id left join casework_topic g on g.id = t.parent_id"
    " left join places_community p on p.id = c.community_id left join places_subdistrict s on s.id = p.subdistrict_id"
    " left join identity_unit u on u.id = c.holder_unit_id left join hotline_dispatchrule d on d.id = r.rule_id"
)


def export_cases(*, wanted: Search, language: str, actor: Actor, at: datetime) -> Iterator[bytes]:
    """Record the export and return the table in chunks: UTF-8 with byte order mark, no contact data.

    Whoever may not read all of the district gets the cases of the units in which he may export, and no others.
    `language` is zh or en. Errors: `Forbidden`.
    """
    require(actor, HotlineRight.CASE_EXPORT)
    wanted = _within(wanted, actor)
    record(
        action="hotline.export",
        actor_kind=actor.kind,
        actor_id=actor.user_id,
        unit_id=actor.unit_id,
        object_kind="case_list",
        object_id="",
        detail=_detail(wanted),
        at=at,
    )
    return stream(heads(), _statement(wanted, language))


def _within(wanted: Search, actor: Actor) -> Search:
    wanted = replace(wanted, restricted=restricted_units(actor))
    if actor.can(HotlineRight.CASE_READ_ALL):
        return wanted
    own = actor.units_with(HotlineRight.CASE_EXPORT)
    return replace(wanted, units=own if wanted.units is None else own & wanted.units)


def search_ids(wanted: Search, actor: Actor) -> Part:
    """Return the part of a statement that selects the cases of a search, as far as this actor may take them out."""
    require(actor, HotlineRight.CASE_EXPORT)
    where = SQL(" and ").join(_conditions(_within(wanted, actor))).as_string(connection.connection)
    return Part(f"select c.id from casework_case c where {where.replace('%', '%%')}", ())


def _detail(wanted: Search) -> str:
    facts = {
        "text": wanted.text,
        "units": "all" if wanted.units is None else ",".join(map(str, sorted(wanted.units))),
        "states": ",".join(wanted.states),
        "topics": ",".join(map(str, wanted.topics)),
        "kinds": ",".join(wanted.kinds),
        "communities": ",".join(map(str, wanted.communities)),
        "late": "yes" if wanted.late_at is not None else "",
        "since": wanted.since.isoformat() if wanted.since is not None else "",
        "until": wanted.until.isoformat() if wanted.until is not None else "",
        "leads": "yes" if wanted.leads else "",
    }
    return " ".join(f"{name}={value}" for name, value in facts.items() if value)


def _statement(wanted: Search, language: str) -> Composable:
    return copied(language, SQL(" and ").join(_conditions(wanted)), "c.id")


def copied(language: str, where: Composable, order: LiteralString) -> Composable:
    """Return the statement that `stream` reads: before each line it says whether something may have to be masked."""
    typed = SQL(" || ' ' || ").join(SQL(column.typed) for column in COLUMNS if column.typed)
    return SQL(
        "copy (select {typed} ~ {may}, {picked}{source} where {where} order by {order}) to stdout (format csv)"
    ).format(
        typed=SQL("({})").format(typed),
        may=Literal(MAY_HIDE),
        picked=SQL(", ").join(column.sql(language) for column in COLUMNS),
        source=SOURCE,
        where=where,
        order=SQL(order),
    )


def heads() -> list[str]:
    """Return the first line in the language that is active: the lines after it are made later."""
    return [str(column.head) for column in COLUMNS]


def masked(row: Sequence[Any]) -> list[Any]:
    """Return the values of a line with the numbers in free text taken out: a table that leaves the house has none."""
    return [
        hide_contacts(value) if column.typed and value else value for column, value in zip(COLUMNS, row, strict=True)
    ]


def _masked_line(line: bytes) -> bytes:
    made = io.StringIO()
    csv.writer(made, lineterminator="\n").writerows(
        masked(row) for row in csv.reader(io.StringIO(line.decode(), newline=""))
    )
    return made.getvalue().encode()


def _conditions(wanted: Search) -> Sequence[Composable]:
    """Return the filters; an empty list of units finds nothing."""
    found: list[Composable] = [
        SQL(unrestricted_sql(wanted.restricted, "c")),
        SQL("c.kind = any({})").format(Literal([k.key for k in KINDS if not wanted.kinds or k.key in wanted.kinds])),
    ]
    if wanted.units is not None:
        units = Literal(sorted(wanted.units))
        helped = SQL("select from casework_caseshare h where h.case_id = c.id and h.unit_id = any({0}::bigint[])")
        holds = SQL("c.holder_unit_id = any({}::bigint[])").format(units)
        found.append(holds if wanted.leads else SQL("({} or exists ({}))").format(holds, helped.format(units)))
    simple = (
        ("c.state = any({})", list(wanted.states)),
        ("c.topic_id = any({}::bigint[])", list(wanted.topics)),
        ("c.community_id = any({}::bigint[])", list(wanted.communities)),
        ("c.opened_at >= {}", wanted.since),
        ("c.opened_at < {}", wanted.until),
        (OVER.format(case="c", at="{}"), wanted.late_at),
    )
    found += [SQL(condition).format(Literal(value)) for condition, value in simple if value]
    if wanted.text:
        query = words.query(wanted.text)
        hit = SQL("c.id in (select x.case_id from casework_casetext x where x.grams @@ {}::tsquery)")
        found.append(hit.format(Literal(query)) if query else SQL("false").format())
    return found


def stream(heads: Sequence[str], statement: Composable, values: Sequence[Any] = ()) -> Iterator[bytes]:
    """Yield the head and then what COPY sends, in chunks; nothing is kept.

    One core makes one file: more would not be faster, the lines being written in their order, and others are waiting
    for an answer meanwhile.
    """
    head = io.StringIO()
    csv.writer(head).writerow(heads)
    buffer = bytearray((BOM + head.getvalue()).encode())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("set local max_parallel_workers_per_gather = 0")
        with cursor.copy(statement, values or None) as copy:
            for said in copy:
                line = bytes(said)
                buffer += line[len(PLAIN) :] if line.startswith(PLAIN) else _masked_line(line[len(PLAIN) :])
                if len(buffer) >= CHUNK:
                    yield bytes(buffer)
                    buffer.clear()
    yield bytes(buffer)
