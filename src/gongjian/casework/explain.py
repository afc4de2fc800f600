"""A kind of case in words, from the same tables that run it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from gongjian.casework import limits
from gongjian.casework.kinds import PREVIOUS, STAYS, By, CaseKind, Clock, Move
from gongjian.casework.limits import LimitBook, NoTermError, TermInForce
from gongjian.casework.models import Case
from gongjian.workdays.rules import local_day


def explain(kind: CaseKind, *, at: datetime) -> str:
    """Return a page of Markdown: states, moves with rights and audience, clocks with the terms in force and source."""
    lines = [f"# {kind.key} — {kind.label}", ""]
    lines += ["## States", "", *_table(("state", "label", "stage", "open", "the resident reads"), _states(kind)), ""]
    lines += ["## Moves", "", *_table(("move", "label", "from", "to", "who", "told"), _moves(kind)), ""]
    lines += ["## Clocks", "", *_table(("clock", "starts", "stops", "pauses", "when over"), _clocks(kind)), ""]
    heads = ("limit", "urgency", "term", "reminders", "source", "since")
    lines += ["## Terms in force", "", *_table(heads, _terms(kind, at))]
    return "\n".join(lines) + "\n"


def _states(kind: CaseKind) -> Iterator[Sequence[str]]:
    for s in kind.states:
        yield s.name, str(s.label), s.stage, "yes" if s.open else "no", str(s.public)


def _moves(kind: CaseKind) -> Iterator[Sequence[str]]:
    words = {STAYS: "(stays)", PREVIOUS: "(previous)"}
    for m in kind.moves:
        sources = ", ".join(s.name for s in kind.states if s.name in m.sources) or "(opens)"
        yield m.name, str(m.label), sources, words.get(m.target, m.target), _who(m), ", ".join(m.audience)


def _who(move: Move) -> str:
    found = [f"{move.right} ({move.scope})"] if By.STAFF in move.by else []
    return "; ".join(found + [str(by) for by in (By.APPLICANT, By.SYSTEM) if by in move.by])


def _clocks(kind: CaseKind) -> Iterator[Sequence[str]]:
    for c in kind.clocks:
        pauses = f"{_names(kind, c.pauses)} until {_names(kind, c.resumes)}" if c.pauses else ""
        yield f"{c.name} {c.label}", _names(kind, c.starts), _names(kind, c.stops), pauses, c.overdue


def _names(kind: CaseKind, moves: frozenset[str]) -> str:
    return ", ".join(m.name for m in kind.moves if m.name in moves)


def _terms(kind: CaseKind, at: datetime) -> Iterator[Sequence[str]]:
    book = limits.book()
    for clock in kind.clocks:
        keys = sorted({key for key, _ in book.terms if _belongs(key, clock)})
        for key in keys or [clock.limit]:
            yield from _term_rows(book, key, at)


def _belongs(key: str, clock: Clock) -> bool:
    return key == clock.limit or key.startswith(f"{clock.limit}.")


def _term_rows(book: LimitBook, key: str, at: datetime) -> Iterator[Sequence[str]]:
    day = local_day(at)
    for urgency in Case.Urgency:
        if (key, urgency) not in book.terms and urgency:
            continue
        try:
            found = book.term(key=key, urgency=urgency, day=day)
        except NoTermError:
            yield key, urgency.name.lower(), "none in force", "", "", ""
            continue
        told = ", ".join(
            f"{r.move} at {r.amount} %" if r.when == "share" else f"{r.move} {r.amount} {r.unit} after"
            for r in book.reminders.get(key, ())
            if r.holds_on(day)
        )
        since = found.first.isoformat() if found.first else ""
        yield key, urgency.name.lower(), f"{found.term.amount} {found.term.unit}", told, _basis(found), since


def _basis(found: TermInForce) -> str:
    """Return what prescribes a term, or that the district does; a model from elsewhere is named as no more."""
    own = "set by the district itself 本区自定"
    return found.source or (f"{own}; modelled on {found.modelled_on}" if found.modelled_on else own)


def _table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> list[str]:
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    return lines + [f"| {' | '.join(row)} |" for row in rows]
