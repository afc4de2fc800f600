"""Changing the notices of the home page, and the banner above it."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.audit.actions import record
from gongjian.audit.dated import LONGEST_DETAIL, Refused, Stale, fingerprint, told_change
from gongjian.audit.versions import changed
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.access import CatalogueRight
from gongjian.domains.hotline.models import Notice
from gongjian.identity.rights import require
from gongjian.web.catalogues import Write

NAMES = ("title_zh", "title_en", "body_zh", "body_en", "starts_at", "ends_at", "banner")


def notice_values(notice: Notice) -> dict[str, Any]:
    """Return a notice as its form shows it."""
    return {name: getattr(notice, name) for name in NAMES}


@transaction.atomic
def write_notice(write: Write) -> None:
    """Put up or change a notice; what is past stays as it was read. Raises Forbidden and Refused."""
    require(write.actor, CatalogueRight.CATALOGUE_MANAGE)
    values = {name: write.values.get(name) for name in NAMES}
    if values["ends_at"] is not None and values["ends_at"] <= values["starts_at"]:
        raise Refused("ends_at", _("结束要在开始之后。"))
    if write.entry is None:
        notice, before = Notice(), {}
    else:
        found = Notice.objects.select_for_update().filter(pk=write.entry.key).first()
        if found is None or fingerprint(found) != (write.seen or write.entry.seen):
            raise Stale
        notice, before = found, notice_values(found)
        if found.ends_at is not None and found.ends_at <= write.at:
            raise Refused("", _("已经撤下的公告不改了。要再用，照它新发一条。"))
    for name, value in values.items():
        setattr(notice, name, value)
    notice.save()
    changed(queries.VERSION)
    queries.forget()
    transaction.on_commit(queries.forget)
    record(
        action="hotline.notice.change" if before else "hotline.notice.add",
        actor_kind=write.actor.kind,
        actor_id=write.actor.user_id,
        unit_id=write.actor.unit_id,
        object_kind="notice",
        object_id=str(notice.pk),
        detail=told_change(before, values)[:LONGEST_DETAIL],
        at=write.at,
    )
