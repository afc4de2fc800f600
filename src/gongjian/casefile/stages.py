"""Where a matter stands, in words for residents: the word of staff on a state is theirs alone."""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gongjian.casework.kinds import Badge, Stage, State

WORDS: Final[Mapping[Stage, Promise]] = {
    Stage.RECEIVED: _("已收到"),
    Stage.SENT: _("已转办"),
    Stage.HANDLING: _("办理中"),
    Stage.ANSWERED: _("已答复"),
    Stage.CLOSED: _("已结束"),
}
BADGES: Final[Mapping[Stage, Badge]] = {Stage.ANSWERED: Badge.SOON, Stage.CLOSED: Badge.OK}


def told_to_anybody(state: State) -> tuple[Badge, str]:
    """Return how a state looks to a passer-by: which of the five steps, and nothing of what happens inside."""
    return BADGES.get(state.stage, Badge.INFO), str(WORDS[state.stage])


def told_to_applicant(state: State) -> tuple[Badge, str]:
    """Return how a state looks to whose matter it is: by its own word where there is one, else as to anybody."""
    return (state.badge, str(state.own)) if state.own else told_to_anybody(state)
