"""Saved filters: kept, lent to one's unit, opened with, thrown away."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.utils.translation import gettext as _

from gongjian.casework.errors import RefusedError
from gongjian.domains.hotline.models import ListPage, SavedFilter
from gongjian.domains.hotline.queries.everyday import MOST_FILTERS
from gongjian.identity.actor import Actor
from gongjian.identity.rights import require_user

LONGEST_NAME: Final = 30
LONGEST_QUERY: Final = 600


@transaction.atomic
def save_filter(
    *, page: str, name: str, query: str, unit_id: int | None, opens: bool, actor: Actor, at: datetime
) -> SavedFilter:
    """Keep a filter under a name, in place of one's own of that name; with `unit_id` colleagues there see it too.

    `query` is url-encoded as the page writes it. Errors: `RefusedError` (no name, too many, a foreign unit).
    """
    user_id, name = require_user(actor), name.strip()
    if not name:
        raise RefusedError("name", _("写个名字，下次好认。"))
    if len(name) > LONGEST_NAME:
        raise RefusedError("name", _("名字最多 %(n)s 个字。") % {"n": LONGEST_NAME})
    if len(query) > LONGEST_QUERY:
        raise RefusedError("name", _("条件太多，存不下。少选几个再存。"))
    if unit_id is not None and unit_id not in actor.units:
        raise RefusedError("shared", _("只能给自己所在的单位用。"))
    mine = SavedFilter.objects.select_for_update().filter(user=user_id, page=ListPage(page))
    if sum(kept.name != name for kept in mine) >= MOST_FILTERS:
        raise RefusedError("name", _("一个列表最多存 %(n)s 个筛选。先删掉一个。") % {"n": MOST_FILTERS})
    if opens:
        mine.update(opens=False)
    facts = {"query": query, "unit_id": unit_id, "opens": opens, "created_at": at}
    kept, _made = SavedFilter.objects.update_or_create(user_id=user_id, page=ListPage(page), name=name, defaults=facts)
    return kept


@transaction.atomic
def open_with(*, filter_id: int, on: bool, actor: Actor) -> bool:
    """Let a page open with this filter of one's own, or with none again; return whether there is such a filter."""
    user_id = require_user(actor)
    kept = SavedFilter.objects.filter(pk=filter_id, user=user_id).first()
    if kept is None:
        return False
    SavedFilter.objects.filter(user=user_id, page=kept.page, opens=True).update(opens=False)
    return not on or bool(SavedFilter.objects.filter(pk=filter_id).update(opens=True))


def drop_filter(*, filter_id: int, actor: Actor) -> bool:
    """Throw one of one's own filters away, for the colleagues it was lent to as well; return whether it was there."""
    deleted, _rows = SavedFilter.objects.filter(pk=filter_id, user=require_user(actor)).delete()
    return bool(deleted)
