"""The words of a case that strangers may read: a title somebody here has approved, and can take back."""

from datetime import datetime

from django.utils.translation import gettext as _

from gongjian.casework.actions import Change, Moved, move
from gongjian.casework.errors import RefusedError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.queries.publishing import may_be_public
from gongjian.identity.actor import Actor
from gongjian.sealing.masking import hide_contacts


def publish_title(*, case: Case, title: str, actor: Actor, at: datetime) -> Moved:
    """Let these words stand for the case wherever strangers see it; the event says who approved them.

    Errors: `RefusedError` at title, those of `move`.
    """
    title = " ".join(rules.tidy(title).split())
    if not may_be_public(case, at=at):
        raise RefusedError("title", _("这一件不对外：保密的件、保密的类别、咨询和求助都不公开任何内容。"))
    if not title:
        raise RefusedError("title", _("标题不能空着。"))
    if hide_contacts(title) != title:
        raise RefusedError("title", _("标题里有电话、证件号或卡号。去掉再公开。"))
    change = Change(internal_text=title, detail={"public_title": title})
    return move(kind=kind_of(case.kind), case=case, name="publish_title", change=change, actor=actor, at=at)


def withdraw_title(*, case: Case, actor: Actor, at: datetime) -> Moved:
    """Take the approved words back: strangers see topic and place again."""
    change = Change(detail={"public_title": ""})
    return move(kind=kind_of(case.kind), case=case, name="withdraw_title", change=change, actor=actor, at=at)
