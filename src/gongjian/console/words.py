"""Words for what the record holds as codes."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# Prefixes of actions that the filter offers; an action without words here is shown by its code.
AREAS = {
    "": gettext_lazy("全部"),
    "identity.": gettext_lazy("登录和账号"),
    "contact.reveal": gettext_lazy("看联系方式"),
    "parties.": gettext_lazy("当事人资料"),
    "documents.": gettext_lazy("文件"),
    "casework.": gettext_lazy("办件"),
    "hotline.": gettext_lazy("热线"),
}
ACTIONS = {
    "identity.sign_in": gettext_lazy("登录"),
    "identity.sign_in.refused": gettext_lazy("登录被拒"),
    "identity.sign_out": gettext_lazy("退出"),
    "identity.session.revoke": gettext_lazy("结束登录"),
    "identity.code.issue": gettext_lazy("发验证码"),
    "identity.code.refused": gettext_lazy("验证码不对"),
    "identity.password.change": gettext_lazy("改密码"),
    "identity.password.link": gettext_lazy("发重设链接"),
    "identity.password.set": gettext_lazy("用链接设密码"),
    "identity.authenticator.bind": gettext_lazy("绑定认证器"),
    "identity.authenticator.unbind": gettext_lazy("解绑认证器"),
    "identity.authenticator.drop": gettext_lazy("替人解绑认证器"),
    "identity.user.create": gettext_lazy("开账号"),
    "identity.user.close": gettext_lazy("停用账号"),
    "identity.user.open": gettext_lazy("恢复账号"),
    "identity.role.assign": gettext_lazy("给岗位"),
    "identity.role.end": gettext_lazy("收回岗位"),
    "identity.deputy.name": gettext_lazy("指定代理"),
    "identity.key.create": gettext_lazy("发密钥"),
    "identity.key.off": gettext_lazy("停用密钥"),
    "contact.reveal": gettext_lazy("看联系方式"),
}


def actor_kind(kind: str) -> str:
    """Return who acted, where no account did."""
    return {"anonymous": _("未登录的人"), "system": _("系统")}.get(kind, kind)
