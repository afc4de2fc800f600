"""What the hotline tells people, kind by kind: which of it one may switch off, and why not the rest."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from gongjian.notify.kinds import Kind, register
from gongjian.notify.models import Channel

_BOTH: Final = (Channel.SMS, Channel.EMAIL)
_WAITS: Final = _("我们等您的时候计时停着，不告诉您就一直停着")
_YOURS: Final = _("有人冒用您的查询码时，您要能知道")
_LAW: Final = _("影响您权利的决定，必须告诉本人")

KINDS: Final = (
    Kind("hotline/register_applicant", _("收到了您反映的事"), "resident", _BOTH),
    Kind("hotline/dispatch_applicant", _("派给了哪个单位"), "resident", _BOTH),
    Kind("hotline/grant_extension_applicant", _("期限延后了"), "resident", _BOTH),
    Kind("hotline/grant_second_extension_applicant", _("期限又延后了"), "resident", _BOTH),
    Kind("hotline/approve_applicant", _("有了答复"), "resident", _BOTH),
    Kind("hotline/answer_applicant", _("当场答复的记录"), "resident", _BOTH),
    Kind("hotline/close_unreached_applicant", _("几次没有打通，办结了"), "resident", _BOTH),
    Kind("hotline/ask_citizen_applicant", _("要您补充材料"), "resident", _BOTH, _WAITS),
    Kind("hotline/wait_over_applicant", _("等您补充的时间到了"), "resident", _BOTH, _WAITS),
    Kind("hotline/reject_applicant", _("不予受理"), "resident", _BOTH, _LAW),
    Kind("hotline/own_act", _("有人用您的名义补充、催办、评价、要求复核或撤销"), "resident", _BOTH, _YOURS),
    Kind("hotline/followed_answered", _("您关注的事有了答复"), "resident", _BOTH),
    Kind("hotline/followed_closed", _("您关注的事结束了"), "resident", _BOTH),
    Kind("hotline/followed_over", _("您关注的事不再公开"), "resident", _BOTH),
    Kind("hotline/caller_restricted", _("号码被限制"), "resident", _BOTH, _LAW),
    Kind("hotline/staff", _("件的动态：派来、退回、督办、催办、提醒"), "staff", (Channel.SITE, *_BOTH)),
    Kind("hotline/export_ready", _("导出写好了"), "staff", (Channel.SITE,)),
)

register(KINDS)
