"""Terms and reminders as administrators keep them: a running clock keeps the term it started with."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gongjian.audit.dated import Refused, Table, fingerprint
from gongjian.casework import limits
from gongjian.casework.kinds import kinds
from gongjian.casework.models import Reminder, Term
from gongjian.console.access import ConsoleRight
from gongjian.domains.hotline.forms.reference import LIMITS
from gongjian.web.catalogues import BasisField, DaysForm, Entry, Keeper, WholeField, Write
from gongjian.workdays.rules import Unit

LONGEST: Final = 1_000
UNITS: Final = (
    (Unit.MINUTES, gettext_lazy("分钟")),
    (Unit.HOURS, gettext_lazy("小时")),
    (Unit.WORKING_HOURS, gettext_lazy("工作小时")),
    (Unit.WORKING_DAYS, gettext_lazy("工作日")),
    (Unit.CALENDAR_DAYS, gettext_lazy("天（含周末和节假日）")),
)
URGENCIES: Final = (
    ("0", pgettext_lazy("紧急程度", "普通")),
    ("1", pgettext_lazy("紧急程度", "紧急")),
    ("2", pgettext_lazy("紧急程度", "危急")),
)
# Limits that no clock of a kind names: the answer's own classes, and spans that actions and sweeps ask for.
OTHERS: Final = {
    "hotline.urge": gettext_lazy("两次催办之间"),
    "hotline.reopen": gettext_lazy("办结后可要求复核"),
    "hotline.archive": gettext_lazy("办结后归档"),
}
MOVES: Final = (("remind", gettext_lazy("提醒经办人和单位")), ("escalate", gettext_lazy("转督办，告知单位负责人")))
WHENS: Final = (
    (Reminder.When.SHARE, gettext_lazy("期限过了百分之几")),
    (Reminder.When.AFTER, gettext_lazy("到期以后")),
)
MOST_SHARE: Final = 99


def key_choices() -> list[tuple[str, str]]:
    """Return every limit that a clock, an action or a sweep asks for, in words; nobody can invent one."""
    found = {clock.limit: str(clock.label) for kind in kinds() for clock in kind.clocks}
    found |= {key: _("答复：%(class)s") % {"class": words} for key, words in LIMITS.items()}
    found |= {key: str(words) for key, words in OTHERS.items()}
    return sorted(found.items())


def _basis_fields() -> tuple[forms.CharField, forms.CharField]:
    """Return the fields for what prescribes an amount and what it was taken after; two forms ask for both."""
    return (
        BasisField(
            label=gettext_lazy("依据"), max_length=200, empty_words=gettext_lazy("本区自定"),
            help_text=gettext_lazy("规定它的文件：文件名、文号、条款。没有文件规定、由本区自定的，留空"),
        ),
        BasisField(
            label=gettext_lazy("参照"), max_length=200,
            help_text=gettext_lazy("时长是参照什么定的：别处的规定、征求意见稿。它不是依据，不告诉居民"),
        ),
    )  # fmt: skip


class TermForm(DaysForm):
    """How long a limit is."""

    identity = ("key", "urgency")
    key = forms.ChoiceField(label=gettext_lazy("时限"))
    urgency = forms.ChoiceField(label=gettext_lazy("紧急程度"), choices=URGENCIES)
    amount = WholeField(label=gettext_lazy("多少"), min_value=1, max_value=LONGEST)
    unit = forms.ChoiceField(label=gettext_lazy("单位"), choices=UNITS)
    source, modelled_on = _basis_fields()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].choices = key_choices()  # type: ignore[attr-defined]


class ReminderForm(DaysForm):
    """When somebody is told."""

    identity = ("key", "when", "amount", "unit")
    key = forms.ChoiceField(label=gettext_lazy("时限"))
    when = forms.ChoiceField(label=gettext_lazy("什么时候"), choices=WHENS)
    amount = WholeField(label=gettext_lazy("多少"), min_value=1, max_value=LONGEST)
    unit = forms.ChoiceField(
        label=gettext_lazy("单位"), required=False, choices=(("", "%"), *UNITS),
        help_text=gettext_lazy("百分之几时选 %"),
    )  # fmt: skip
    move = forms.ChoiceField(label=gettext_lazy("做什么"), choices=MOVES)
    source, modelled_on = _basis_fields()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].choices = key_choices()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        when, unit, amount = cleaned.get("when"), cleaned.get("unit", ""), cleaned.get("amount") or 0
        if when == Reminder.When.SHARE and (unit or amount > MOST_SHARE):
            self.add_error("unit" if unit else "amount", ValidationError(_("百分之几：写 1 到 99，单位选 %。")))
        if when == Reminder.When.AFTER and not unit:
            self.add_error("unit", ValidationError(_("选到期以后多久：分钟、小时、工作小时、工作日或天。")))
        return cleaned


def term_values(term: Term) -> dict[str, Any]:
    """Return a term as its form shows it."""
    return {
        "key": term.key,
        "urgency": str(term.urgency),
        "amount": term.amount,
        "unit": term.unit,
        "source": term.source,
        "modelled_on": term.modelled_on,
    }


def term_entries() -> list[Entry]:
    """Return every term, past and future ones too."""
    rows = Term.objects.order_by("key", "urgency", "-valid")
    return [Entry(t.pk, term_name(t), term_values(t), fingerprint(t), t.valid.lower, t.valid.upper) for t in rows]


def term_name(term: Term) -> str:
    """Return what the record calls a term."""
    return f"{term.key} {term.urgency}"


def reminder_values(reminder: Reminder) -> dict[str, Any]:
    """Return a reminder as its form shows it."""
    names = ("key", "when", "amount", "unit", "move", "source", "modelled_on")
    return {name: getattr(reminder, name) for name in names}


def reminder_entries() -> list[Entry]:
    """Return every reminder, past and future ones too."""
    rows = Reminder.objects.order_by("key", "-when", "amount", "-valid")
    return [
        Entry(r.pk, reminder_name(r), reminder_values(r), fingerprint(r), r.valid.lower, r.valid.upper) for r in rows
    ]


def reminder_name(reminder: Reminder) -> str:
    """Return what the record calls a reminder."""
    return f"{reminder.key} {reminder.when} {reminder.amount}{reminder.unit or '%'}"


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    found = dict(values)
    if "urgency" in found:
        found["urgency"] = int(found["urgency"])
    return found


def _no_gap(write: Write) -> None:
    """Refuse to end an ordinary term with nothing after it: no case could be opened any more."""
    if write.last is None or str(write.values["urgency"]) != "0":
        return
    others = Term.objects.filter(key=write.values["key"], urgency=0, valid__startswith=write.last)
    if not others.exists():
        raise Refused("until", _("普通件的时限不能断：不写停用日期，直接写新的一版从哪天起。"))


# A clock that started today was promised today's term: a change begins tomorrow at the earliest.
TERMS: Final = Keeper(
    Table(
        model=Term,
        identity=("key", "urgency"),
        values=("amount", "unit", "source", "modelled_on"),
        action="casework.term",
        kind="term",
        name=term_name,
        tell=term_values,
        soonest=1,
    ),
    ConsoleRight.LIMITS_MANAGE,
    limits.forget,
    _columns,
    _no_gap,
)
REMINDERS: Final = Keeper(
    Table(
        model=Reminder,
        identity=("key", "when", "amount", "unit"),
        values=("move", "source", "modelled_on"),
        action="casework.reminder",
        kind="reminder",
        name=reminder_name,
        tell=reminder_values,
        soonest=1,
    ),
    ConsoleRight.LIMITS_MANAGE,
    limits.forget,
    _columns,
)
