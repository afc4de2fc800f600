"""How long data is kept, as administrators set it within its bounds, and what the next night would take."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from django import forms
from django.apps import apps
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongjian.audit.actions import record
from gongjian.audit.dated import LONGEST_DETAIL, Refused, Stale, fingerprint, told_change
from gongjian.audit.models import RetentionClass
from gongjian.audit.retention import cutoff, forget
from gongjian.console.access import ConsoleRight
from gongjian.documents.models import Document
from gongjian.domains.hotline.queries import forgotten
from gongjian.httpapi.models import Answer
from gongjian.identity.models import Session, SignInCode
from gongjian.identity.rights import require
from gongjian.notify.models import Message, State
from gongjian.web.catalogues import CatalogueForm, Entry, WholeField, Write
from gongjian.web.words import language


def _name(row: RetentionClass) -> str:
    return row.name_zh if language().startswith("zh") else row.name_en


def class_choices() -> list[tuple[str, str]]:
    """Return the classes in words."""
    return [(row.code, _name(row)) for row in RetentionClass.objects.all()]


class RetentionForm(CatalogueForm):
    """How long one class is kept."""

    identity = ("code", "unit")
    code = forms.ChoiceField(label=gettext_lazy("哪一类资料"))
    amount = WholeField(
        label=gettext_lazy("保存多久"), required=False, min_value=0, max_value=10_000,
        empty_words=gettext_lazy("一直留着"), help_text=gettext_lazy("空着就不自动清除"),
    )  # fmt: skip
    unit = forms.ChoiceField(label=gettext_lazy("单位"), choices=RetentionClass.Unit.choices)
    source = forms.CharField(label=gettext_lazy("依据"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].choices = class_choices()  # type: ignore[attr-defined]


def retention_values(row: RetentionClass) -> dict[str, Any]:
    """Return a class as its form shows it."""
    return {"code": row.code, "amount": row.amount, "unit": row.unit, "source": row.source}


def retention_entries() -> list[Entry]:
    """Return every class."""
    return [Entry(row.pk, row.code, retention_values(row), fingerprint(row)) for row in RetentionClass.objects.all()]


@transaction.atomic
def write_retention(write: Write) -> None:
    """Set how long a class is kept, within its bounds; a class nothing sweeps stays unlimited. Raises Refused."""
    require(write.actor, ConsoleRight.RETENTION_MANAGE)
    if write.entry is None:
        raise Refused("code", _("没有这一类资料。"))
    row = RetentionClass.objects.select_for_update().get(pk=write.entry.key)
    if fingerprint(row) != (write.seen or write.entry.seen):
        raise Stale
    before, amount = retention_values(row), write.values["amount"]
    if amount is not None and row.action == RetentionClass.Action.KEEP:
        raise Refused("amount", _("这一类一直保存，不能自动清除：%(why)s") % {"why": row.source})
    if amount is None and row.action != RetentionClass.Action.KEEP:
        raise Refused("amount", _("这一类必须有期限，不能一直留着。"))
    if amount is not None and not row.least <= amount <= row.most:
        facts = {"least": row.least, "most": row.most, "unit": row.get_unit_display()}
        raise Refused("amount", _("要在 %(least)s 到 %(most)s %(unit)s之间。") % facts)
    row.amount, row.source, row.changed_at = amount, write.values["source"], write.at
    row.save(update_fields=["amount", "source", "changed_at"])
    record(
        action="audit.retention.change",
        actor_kind=write.actor.kind,
        actor_id=write.actor.user_id,
        unit_id=write.actor.unit_id,
        object_kind="retention_class",
        object_id=row.code,
        detail=told_change(before, retention_values(row))[:LONGEST_DETAIL],
        at=write.at,
    )
    forget()
    transaction.on_commit(forget)


def tables_of(code: str) -> list[str]:
    """Return the tables that hold data of a class, by the names of the glossary's terms."""
    found = [m._meta.label for m in apps.get_models() if getattr(m, "retention", None) == code]
    return [*found, *(["documents.Document"] if code in Document.Retention.values else [])]


def _messages(at: datetime) -> int:
    old = Message.objects.filter(created_at__lt=cutoff("message", at) or at)
    return old.exclude(state__in=[State.QUEUED, State.HELD]).count()


# What the sweeps would take if they ran now, by class.
DUE: Final[Mapping[str, Callable[[datetime], int]]] = {
    "case-contact": lambda at: len(forgotten.contacts_due(at)),
    "case-words": lambda at: len(forgotten.words_due(at)),
    "case-document": lambda at: len(forgotten.files_due(at)),
    "draft": forgotten.drafts_due,
    "draft-file": lambda at: (
        Document.objects.filter(created_at__lt=cutoff("draft-file", at) or at).exclude(claim_token="").count()
    ),
    "idempotent-answer": lambda at: Answer.objects.filter(
        created_at__lte=cutoff("idempotent-answer", at) or at
    ).count(),
    "message": _messages,
    "session": lambda at: Session.objects.filter(expire_date__lt=cutoff("session", at) or at).count(),
    "sign-in-code": lambda at: SignInCode.objects.filter(created_at__lt=cutoff("sign-in-code", at) or at).count(),
}
