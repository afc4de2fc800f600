"""What administrators can open from `/office/`; pages of other rooms are known by the name of their URL only."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongjian.console.access import ConsoleRight
from gongjian.domains.hotline.access import CatalogueRight, HotlineRight
from gongjian.httpapi.access import HttpApiRight
from gongjian.identity.access import IdentityRight
from gongjian.identity.actor import Actor
from gongjian.identity.queries import demonstration, installation
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
          _("类别附加问题"), _("登记这一类事情时另外要问什么，居民、话务员和别的程序都照问，承办单位看得到")),
    Entry(Group.RUNNING, ConsoleRight.HEALTH_READ, "operations", "target",
          _("运行状况"), _("数据库、任务、通知、磁盘、备份好不好，失败的任务重试或放弃")),
    Entry(Group.PEOPLE, IdentityRight.ROLES_MANAGE, "console:roles", "lock",
          _("岗位和权限"), _("每个岗位能做什么；照样子新建一个")),
    Entry(Group.WORK, ConsoleRight.NOTICES_MEND, "console:undelivered", "bounce",
          _("没有送达的通知"), _("短信和邮件没有送到谁，再发一次或打电话")),
    Entry(Group.WORK, HotlineRight.CASE_HAND_OVER, "console:transfer", "transfer",
          _("移交件"), _("把一个单位没办完的件移交给另一个单位")),
    Entry(Group.RUNNING, ConsoleRight.ENTRIES_READ, "console:audit", "shield",
          _("审计"), _("谁在什么时候改了什么、看了什么")),
    Entry(Group.DEMONSTRATION, IdentityRight.DEMONSTRATION_LEAVE, "demo:leave", "x",
          _("离开演示"), _("清空全部虚构的件和人，开始真正的业务")),
    Entry(Group.CATALOGUE, CatalogueRight.CATALOGUE_MANAGE, "hotline:topics", "list",
          pgettext_lazy("目录", "类别"), _("大类和类别，停用、再启用、并入")),
    Entry(Group.CATALOGUE, CatalogueRight.CATALOGUE_MANAGE, "hotline:rules", "transfer",
          _("派件规则"), _("哪一类归谁办，从哪天起；试一试派给谁")),
    Entry(Group.CATALOGUE, ConsoleRight.LIMITS_MANAGE, "console:limits", "clock",
          _("时限"), _("每一步多久办完，依据什么")),
    Entry(Group.CATALOGUE, ConsoleRight.LIMITS_MANAGE, "console:reminders", "bell",
          pgettext_lazy("目录", "提醒"), _("期限走到哪里告诉谁")),
    Entry(Group.CATALOGUE, ConsoleRight.CALENDAR_MANAGE, "console:calendar", "calendar",
          _("工作日历"), _("放假通知、调休上班、办公时间")),
    Entry(Group.CATALOGUE, ConsoleRight.WORDING_MANAGE, "console:wordings", "edit",
          _("通知文字"), _("短信、邮件、站内信怎么写")),
    Entry(Group.CATALOGUE, ConsoleRight.WORDING_MANAGE, "console:sms_countries", "phone",
          _("短信发往哪里"), _("哪些国家和地区的手机号收得到短信")),
    Entry(Group.CATALOGUE, CatalogueRight.CATALOGUE_MANAGE, "hotline:notices_kept", "notice",
          _("公告和横幅"), _("首页公告；放假、台风、停机的横幅")),
    Entry(Group.CATALOGUE, CatalogueRight.CATALOGUE_MANAGE, "hotline:service_hours", "phone",
          _("服务时间"), _("首页“今天谁在”")),
    Entry(Group.CATALOGUE, CatalogueRight.CATALOGUE_MANAGE, "hotline:emergency_words", "alert",
          _("紧急词"), _("写了就提示 110、119、120 的词")),
    Entry(Group.CATALOGUE, CatalogueRight.CATALOGUE_MANAGE, "hotline:everyday_words", "speak",
          _("俗称"), _("老百姓平常怎么说")),
    Entry(Group.CATALOGUE, CatalogueRight.CATALOGUE_MANAGE, "hotline:reject_reasons", "x",
          _("不予受理的理由"), _("为什么不能受理，该找谁")),
    Entry(Group.CATALOGUE, ConsoleRight.RETENTION_MANAGE, "console:retention", "lock",
          _("保存期限"), _("每一类资料留多久，到期怎么清")),
    Entry(Group.WORK, "hotline:import:run", "hotline:imports", "plus",
          _("导入记录"), _("把原来系统的记录收进来，24 小时内可以撤销")),
)  # fmt: skip


@dataclass(frozen=True)
class Shelf:
    """One group with the cards this actor may open."""

    name: str
    tiles: Sequence[Tile]


def shelves(actor: Actor) -> list[Shelf]:
    """Return the groups with the cards this actor may open; an empty group is left out."""
    found = [(group, _tiles(actor, group)) for group in Group if group is not Group.DEMONSTRATION or _demonstrated()]
    return [Shelf(str(group.value), tiles) for group, tiles in found if tiles]


def _demonstrated() -> bool:
    """Whether there is a demonstration to leave, or the proof that it was left."""
    return demonstration() or installation().demonstration_left_at is not None


def _tiles(actor: Actor, group: Group) -> list[Tile]:
    mine = [entry for entry in ENTRIES if entry.group is group and actor.can(entry.right)]
    placed = [(entry, link(entry.url_name)) for entry in mine]
    return [Tile(str(entry.label), url, entry.icon, str(entry.sentence)) for entry, url in placed if url]
