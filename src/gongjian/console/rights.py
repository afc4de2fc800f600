"""Every right in plain words, in the groups of the role page."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

from gongjian.identity.rights import Right

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

WORDS: "Final[dict[str, tuple[_StrPromise, dict[str, _StrPromise]]]]" = {
    "case": (_("办件"), {
        "hotline:case:intake": _("接电话、登记来件"),
        "hotline:case:answer": _("当场答复办结"),
        "hotline:case:reject": _("不予受理，写理由"),
        "hotline:case:dispatch": _("派件：决定归哪个单位办"),
        "hotline:case:sign": _("替本单位签收"),
        "hotline:case:return": _("替本单位退回派错的件"),
        "hotline:case:handle": _("办理、写办理情况"),
        "hotline:case:submit": _("把答复交去审核"),
        "hotline:case:assign": _("在本单位里换经办人"),
        "hotline:case:extend": _("申请延期"),
        "hotline:case:extend_approve": _("批准延期"),
        "hotline:case:review": _("审核答复"),
        "hotline:case:publish": _("批准和收回公开标题"),
        "hotline:case:callback": _("回访来件人"),
        "hotline:case:supervise": _("督办"),
        "hotline:case:correct": _("更正上一步"),
        "hotline:case:hand_over": _("把没办完的件移交给别的单位"),
        "hotline:caller:restrict": _("限制滥打电话的来电人"),
        "hotline:template:unit": _("写本单位的答复模板"),
        "hotline:template:share": _("写各单位共用的答复模板"),
    }),
    "see": (_("看资料"), {
        "hotline:case:read_unit": _("看本单位主办和协办的件"),
        "hotline:case:read_all": _("看全区的件"),
        "casework:contact:reveal": _("看来件人的姓名电话，每次都记录"),
        "casework:restricted:read": _("看指定给本单位的限制事项，如儿童保护"),
        "casework:restricted:read_all": _("看全区的限制事项，收到它们超时的通知"),
        "casework:figures:read": _("看运行看板"),
        "hotline:case:export": _("把清单导出成表格"),
        "audit:entries:read": _("看审计：谁做了什么、看了什么"),
    }),
    "manage": (_("管理"), {
        "identity:office:open": _("打开管理页"),
        "identity:people:manage": _("开账号、给岗位、停用账号"),
        "identity:units:manage": _("新建、改名、撤并单位"),
        "identity:roles:manage": _("改岗位的权限"),
        "identity:demonstration:leave": _("离开演示，清空全部演示数据"),
        "hotline:catalogue:manage": _("改类别和派件规则"),
        "casework:limits:manage": _("改办理时限和提醒"),
        "workdays:calendar:manage": _("确认放假安排"),
        "notify:wording:manage": _("改通知的文字"),
        "audit:retention:manage": _("改保存多久"),
        "hotline:import:run": _("导入以前的记录"),
        "httpapi:keys:manage": _("给别的程序发密钥"),
        "httpapi:webhooks:manage": _("管理向外推送"),
        "httpapi:webhooks:own": _("看自己的推送"),
        "hotline:open311:report": _("通过 Open311 登记来件（给程序）"),
    }),
    "run": (_("运行"), {
        "console:health:read": _("看系统运行得好不好"),
        "console:health:manage": _("重试或放弃失败的任务"),
        "console:notices:mend": _("处理没有送到的通知"),
        "console:receipts:write": _("报告短信和邮件送到没有（给程序）"),
        "identity:sessions:own": _("管自己的登录和显示"),
    }),
}  # fmt: skip


@dataclass(frozen=True)
class RightLine:
    """One right as the role page offers it."""

    code: str
    words: str
    held: bool


@dataclass(frozen=True)
class RightGroup:
    name: str
    lines: list[RightLine]


def all_rights() -> frozenset[str]:
    """Return every right a room of this installation declares."""
    return frozenset(str(member) for kind in _kinds(Right) for member in kind)


def _kinds(kind: type[StrEnum]) -> Iterable[type[StrEnum]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def grouped(held: Iterable[str]) -> list[RightGroup]:
    """Return the rights of this installation in their groups; one without words stands at the end under its code."""
    known, mine = all_rights(), frozenset(held)
    groups = [
        RightGroup(
            str(name), [RightLine(code, str(words), code in mine) for code, words in lines.items() if code in known]
        )
        for name, lines in WORDS.values()
    ]
    named = {code for _name, lines in WORDS.values() for code in lines}
    rest = [RightLine(code, code, code in mine) for code in sorted(known - named)]
    return [*groups, RightGroup(str(_("其他")), rest)] if rest else groups
