"""What administrators can open from `/office/`; pages of other rooms are known by the name of their URL only."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongjian.console.access import ConsoleRight
from gongjian.httpapi.access import HttpApiRight
from gongjian.identity.access import IdentityRight
from gongjian.identity.actor import Actor
from gongjian.web.links import link
from gongjian.web.parts import Tile

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Words = "str | _StrPromise"


class Group(Enum):
    """The groups in the order of the page."""

    START = _("开张")
    PEOPLE = _("人员与单位")
    CATALOGUE = _("业务目录")
    WORK = _("办件")
    PROGRAMS = _("程序接口")
    RUNNING = _("运行")
    DEMONSTRATION = _("演示")


@dataclass(frozen=True)
class Entry:
    """One card: whoever holds the right sees it, where this installation has the page."""

    group: Group
    right: str
    url_name: str
    icon: str
    label: Words
    sentence: Words


# One line for each page of administration; within a group in this order.
ENTRIES: tuple[Entry, ...] = (
    Entry(Group.START, IdentityRight.PEOPLE_MANAGE, "console:setup_list", "flag",
          _("开张清单"), _("还缺什么：单位、人员、类别、日历、备份、短信")),
    Entry(Group.PEOPLE, IdentityRight.UNITS_MANAGE, "console:units", "council",
          pgettext_lazy("栏目", "单位"), _("新建、改名、撤并、拆分，看谁在哪里")),
    Entry(Group.PEOPLE, IdentityRight.PEOPLE_MANAGE, "console:people", "users",
          _("人员"), _("开账号、给岗位、发设密码的链接、离岗交接")),
    Entry(Group.PROGRAMS, HttpApiRight.KEYS_MANAGE, "console:keys", "lock",
          _("接口密钥"), _("哪个程序能做什么；发、换、停用，最近什么时候用过")),
    Entry(Group.PROGRAMS, HttpApiRight.WEBHOOKS_MANAGE, "console:webhooks", "link",
          pgettext_lazy("栏目", "推送"), _("件有变化就告诉别的系统；送到没有，重新送")),
    Entry(Group.PROGRAMS, "hotline:catalogue:manage", "hotline:open_services", "list",
          _("对外开放的类别"), _("别的程序通过 Open311 能看到、能登记哪些类别")),
    Entry(Group.PROGRAMS, "hotline:catalogue:manage", "hotline:questions", "help",
          _("类别附加问题"), _("别的程序登记一类事情时要问什么，答案承办单位看得到")),
    Entry(Group.RUNNING, ConsoleRight.HEALTH_READ, "operations", "target",
          _("运行状况"), _("数据库、任务、通知、磁盘、备份好不好，失败的任务重试或放弃")),
    Entry(Group.PEOPLE, IdentityRight.ROLES_MANAGE, "console:roles", "lock",
          _("岗位和权限"), _("每个岗位能做什么；照样子新建一个")),
    Entry(Group.WORK, ConsoleRight.NOTICES_MEND, "console:undelivered", "bounce",
          _("没有送达的通知"), _("短信和邮件没有送到谁，再发一次或打电话")),
    Entry(Group.RUNNING, ConsoleRight.ENTRIES_READ, "console:audit", "shield",
          _("审计"), _("谁在什么时候改了什么、看了什么")),
    Entry(Group.DEMONSTRATION, IdentityRight.DEMONSTRATION_LEAVE, "demo:leave", "x",
          _("离开演示"), _("清空全部虚构的件和人，开始真正的业务")),
)  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """One group with the cards this actor may open."""

    name: str
    tiles: Sequence[Tile]


def shelves(actor: Actor) -> list[Shelf]:
    """Return the groups with the cards this actor may open; an empty group is left out."""
    found = [(group, _tiles(actor, group)) for group in Group]
    return [Shelf(str(group.value), tiles) for group, tiles in found if tiles]


def _tiles(actor: Actor, group: Group) -> list[Tile]:
    mine = [entry for entry in ENTRIES if entry.group is group and actor.can(entry.right)]
    placed = [(entry, link(entry.url_name)) for entry in mine]
    return [Tile(str(entry.label), url, entry.icon, str(entry.sentence)) for entry, url in placed if url]
