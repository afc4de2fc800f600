"""What the console tells people."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from gongjian.notify.kinds import Kind, register
from gongjian.notify.models import Channel

KINDS: Final = (
    Kind("console/sign_in_code", _("登录验证码"), "resident", (Channel.SMS,), _("没有它就登录不了")),
    Kind("console/ceiling_reached", _("发送到了上限"), "staff", (Channel.SITE, Channel.SMS, Channel.EMAIL)),
)

register(KINDS)
