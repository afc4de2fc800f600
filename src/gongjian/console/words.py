"""Words for what the record holds as codes."""

from collections.abc import Mapping

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gongjian.console.words_kept import KEPT_ACTIONS, KEPT_THINGS

# Prefixes of actions that the filter offers; an action without words here is shown by its code.
AREAS = {
    "": gettext_lazy("全部"),
    "identity.": gettext_lazy("登录和账号"),
    "contact.reveal": gettext_lazy("看联系方式"),
    "parties.": gettext_lazy("当事人资料"),
    "documents.": gettext_lazy("文件"),
    "casework.": gettext_lazy("办件"),
    "hotline.": gettext_lazy("热线"),
    "workdays.": gettext_lazy("工作日历"),
    "notify.": gettext_lazy("通知"),
    "audit.": gettext_lazy("保存期限"),
    "httpapi.": gettext_lazy("程序接口"),
    "installation.": gettext_lazy("系统运行"),
}
ACTIONS = {
    **KEPT_ACTIONS,
    "hotline.case.forget": gettext_lazy("按期限清除文字"),
    "installation.backup": gettext_lazy("备份"),
    "installation.backup_failed": gettext_lazy("备份有损坏"),
    "installation.restore": gettext_lazy("从备份恢复"),
    "installation.job.retry": gettext_lazy("重试失败的任务"),
    "installation.job.discard": gettext_lazy("放弃失败的任务"),
    "installation.key.add": gettext_lazy("加封存密钥"),
    "installation.key.rotate": gettext_lazy("重新封存"),
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
    "identity.unit.create": gettext_lazy("新建单位"),
    "identity.unit.change": gettext_lazy("改单位资料"),
    "identity.unit.backstop": gettext_lazy("换兜底单位"),
    "identity.unit.close": gettext_lazy("撤销单位"),
    "identity.unit.merge": gettext_lazy("合并单位"),
    "identity.unit.reopen": gettext_lazy("重新启用单位"),
    "identity.unit.people": gettext_lazy("人员随单位走"),
    "identity.role.create": gettext_lazy("新建岗位"),
    "identity.role.change": gettext_lazy("改岗位权限"),
    "identity.role.remove": gettext_lazy("删岗位"),
    "identity.user.change": gettext_lazy("改账号资料"),
    "identity.user.leave": gettext_lazy("离岗"),
    "identity.deputy.end": gettext_lazy("收回代理"),
    "identity.setup.link": gettext_lazy("给出开张链接"),
    "identity.setup.administrator": gettext_lazy("开第一个管理员账号"),
    "identity.setup.step": gettext_lazy("开张清单打勾"),
    "identity.setup.finish": gettext_lazy("开张"),
    "identity.demonstration.leave": gettext_lazy("离开演示"),
    "identity.cast.load": gettext_lazy("载入演示账号"),
    "httpapi.key.create": gettext_lazy("发密钥"),
    "httpapi.key.rotate": gettext_lazy("换密钥"),
    "httpapi.key.off": gettext_lazy("停用密钥"),
    "httpapi.webhook.create": gettext_lazy("开推送"),
    "httpapi.webhook.change": gettext_lazy("改推送"),
    "httpapi.webhook.on": gettext_lazy("启用推送"),
    "httpapi.webhook.off": gettext_lazy("停用推送"),
    "httpapi.webhook.remove": gettext_lazy("删除推送"),
    "httpapi.webhook.secret": gettext_lazy("换签名密码"),
    "httpapi.webhook.replay": gettext_lazy("重新推送"),
    "httpapi.webhook.discard": gettext_lazy("放弃一条推送"),
    "contact.reveal": gettext_lazy("看联系方式"),
    "documents.document.erase": gettext_lazy("清除文件"),
    "hotline.caller.release": gettext_lazy("提前结束来电限制"),
    "hotline.caller.restrict": gettext_lazy("限制来电"),
    "hotline.export": gettext_lazy("导出清单"),
    "hotline.import.begin": gettext_lazy("开始导入（命令行）"),
    "hotline.import.checking": gettext_lazy("核对导入文件"),
    "hotline.import.discarded": gettext_lazy("放弃导入"),
    "hotline.import.done": gettext_lazy("导入完成"),
    "hotline.import.hand_in": gettext_lazy("交导入文件"),
    "hotline.import.resume": gettext_lazy("接着做停下的导入"),
    "hotline.import.undoing": gettext_lazy("撤销导入"),
    "hotline.import.undone": gettext_lazy("导入已撤销"),
    "hotline.import.uploaded": gettext_lazy("重新对应导入的列"),
    "hotline.import.writing": gettext_lazy("写入导入的记录"),
    "hotline.print": gettext_lazy("打印办理单"),
    "hotline.template.retire": gettext_lazy("停用答复模板"),
    "hotline.template.save": gettext_lazy("改答复模板"),
    "notify.message.drop": gettext_lazy("不再发这条通知"),
    "notify.message.retry": gettext_lazy("再发一次通知"),
    "parties.contact.erase": gettext_lazy("清除联系方式"),
    "parties.credential.grant": gettext_lazy("发资格"),
    "parties.credential.revoke": gettext_lazy("撤销资格"),
    "parties.organisation.change": gettext_lazy("改机构资料"),
    "parties.organisation.register": gettext_lazy("登记机构"),
}
UNIT_KINDS = {
    "committee": gettext_lazy("党委部门"),
    "bureau": gettext_lazy("政府部门"),
    "subdistrict": gettext_lazy("街道办"),
    "police": gettext_lazy("公安"),
    "mass": gettext_lazy("群团组织"),
    "utility": gettext_lazy("公用事业"),
    "enterprise": gettext_lazy("企业"),
    "centre": gettext_lazy("热线中心"),
}
THINGS = {
    **KEPT_THINGS,
    "unit": pgettext_lazy("栏目", "单位"),
    "role": gettext_lazy("岗位"),
    "case": gettext_lazy("件"),
    "message": gettext_lazy("通知"),
    "reply_template": gettext_lazy("答复模板"),
    "restriction": gettext_lazy("来电限制"),
    "case_list": gettext_lazy("件的清单"),
    "case_party": gettext_lazy("来件人"),
    "contact": gettext_lazy("联系方式"),
    "credential": gettext_lazy("资格"),
    "document": gettext_lazy("文件"),
    "organisation": gettext_lazy("机构"),
    "user": gettext_lazy("账号"),
    "api_key": gettext_lazy("接口密钥"),
    "webhook": gettext_lazy("推送"),
}
# What stands in the column of details as a code, alone or before an equals sign.
DETAILS = {
    "delivery": gettext_lazy("送达记录"),
    "event": gettext_lazy("事件"),
    "failed": gettext_lazy("没有送到的"),
    "code": gettext_lazy("验证码不对"),
    "deputy": gettext_lazy("代理人"),
    "invented": gettext_lazy("虚构账号"),
    "key": gettext_lazy("接口密钥"),
    "kinds": gettext_lazy("类型"),
    "late": gettext_lazy("只看超时"),
    "locked": gettext_lazy("锁着"),
    "others": gettext_lazy("其他设备"),
    "password": gettext_lazy("密码不对"),
    "program": gettext_lazy("程序"),
    "resident": gettext_lazy("居民"),
    "second factor": gettext_lazy("用了动态码"),
    "staff": gettext_lazy("工作人员"),
    "states": gettext_lazy("状态"),
    "communities": gettext_lazy("社区"),
    "text": gettext_lazy("词"),
    "topics": gettext_lazy("类别"),
    "units": gettext_lazy("单位"),
    "with contact": gettext_lazy("含联系方式"),
}


def thing(kind: str) -> str:
    """Return what an act was done to."""
    return str(THINGS.get(kind, kind))


def detail(text: str, posts: Mapping[str, str]) -> str:
    """Return the details of an act in words; `posts` names roles and units by their codes.

    Words somebody wrote, such as a purpose, come back as they are.
    """
    if text in DETAILS:
        return str(DETAILS[text])
    bits = text.split(" ")
    if all(bit in posts for bit in bits):
        return " ".join(posts[bit] for bit in bits)
    if not all(bit.partition("=")[0] in DETAILS and "=" in bit for bit in bits):
        return text
    return "　".join(f"{DETAILS[name]} {value}" for name, _sign, value in (bit.partition("=") for bit in bits))


def actor_kind(kind: str) -> str:
    """Return who acted, where no account did."""
    return {"anonymous": _("未登录的人"), "system": _("系统")}.get(kind, kind)
