"""What a centre needs before it opens: measured where it can be, ticked off by an administrator where it cannot."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.conf import settings
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from gongjian.audit.models import AuditEntry
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.queries import catalogue
from gongjian.identity.actor import Actor
from gongjian.identity.models import ApiKey, User
from gongjian.identity.queries import desks_without_people, has_authenticator, ticked_steps, units
from gongjian.listing import listed
from gongjian.notify.gateways import sms_leaves
from gongjian.web.links import link
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import local_day, local_moment

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

DECEMBER: Final = 12
FRESH_BACKUP: Final = timedelta(hours=48)
# The desks without which no matter goes from the caller to the answer.
NEEDED: Final = (
    HotlineRight.CASE_INTAKE,
    HotlineRight.CASE_DISPATCH,
    HotlineRight.CASE_SIGN,
    HotlineRight.CASE_HANDLE,
    HotlineRight.CASE_REVIEW,
    HotlineRight.CASE_CALLBACK,
    HotlineRight.CASE_SUPERVISE,
)


@dataclass(frozen=True)
class Fact:
    """What was found; `done` None means that only a person can say, by a tick."""

    words: str
    done: bool | None = None


@dataclass(frozen=True)
class Line:
    """One line of the list before it is measured; pages of other rooms are known by name, the first there is wins."""

    code: str
    icon: str
    label: "_StrPromise"
    why: "_StrPromise"
    pages: tuple[str, ...]
    measure: Callable[[Actor, datetime], Fact]


@dataclass(frozen=True)
class Step:
    """One line as the page shows it."""

    code: str
    icon: str
    label: str
    why: str
    fact: str
    url: str
    done: bool
    ticked: bool
    may_tick: bool


def _second_factor(actor: Actor, _at: datetime) -> Fact:
    bound = actor.user_id is not None and has_authenticator(actor.user_id)
    return Fact(_("已绑定") if bound else _("还没有绑定"), bound)


def _units(_actor: Actor, _at: datetime) -> Fact:
    active = len(units().active)
    words = ngettext("现在有 {n} 个单位", "现在有 {n} 个单位", active).format(n=active)
    if units().backstop is None:
        return Fact(words + _("，没有兜底单位"), done=False)
    return Fact(words)


def _people(_actor: Actor, at: datetime) -> Fact:
    missing = desks_without_people(NEEDED, at=at)
    count = User.objects.filter(kind=User.Kind.STAFF, is_active=True).count()
    if missing:
        names = listed(role.name(get_language() or "zh-hans") for role in missing)
        return Fact(_("还没有人做：{names}").format(names=names), done=False)
    return Fact(
        ngettext("有 {n} 个账号，每道手续都有人", "有 {n} 个账号，每道手续都有人", count).format(n=count), done=True
    )


def _topics(_actor: Actor, at: datetime) -> Fact:
    leaves = catalogue(at).leaves
    active = {unit.id for unit in units().active}
    homeless = [topic for topic in leaves if topic.lead_unit_id not in active and not topic.lead_subdistrict]
    words = ngettext("现在有 {n} 个类别", "现在有 {n} 个类别", len(leaves)).format(n=len(leaves))
    if not leaves or homeless:
        lost = ngettext("，{n} 个没有主办单位", "，{n} 个没有主办单位", len(homeless)).format(n=len(homeless))
        return Fact(words + (lost if homeless else ""), done=False)
    return Fact(words)


def _calendar(_actor: Actor, at: datetime) -> Fact:
    today = local_day(at)
    years = [today.year] + ([today.year + 1] if today.month == DECEMBER else [])
    book = calendar()
    unsure = [str(year) for year in years if not book.is_confirmed(year)]
    if unsure:
        return Fact(_("{years} 年的放假安排还没有确认，期限是暂定的").format(years=listed(unsure)), done=False)
    return Fact(_("{year} 年已确认").format(year=years[-1]), done=True)


def _hours(_actor: Actor, _at: datetime) -> Fact:
    return Fact(_("热线号码 {number}").format(number=settings.HOTLINE_NUMBER))


def _keys(_actor: Actor, _at: datetime) -> Fact:
    active = ApiKey.objects.filter(active=True).count()
    return Fact(
        ngettext("有 {n} 把密钥", "有 {n} 把密钥", active).format(n=active) if active else _("没有程序要接就打勾")
    )


def _backup(_actor: Actor, at: datetime) -> Fact:
    made = AuditEntry.objects.filter(action="installation.backup").order_by("-id").values_list("at", flat=True).first()
    if made is None or at - made > FRESH_BACKUP:
        return Fact(_("还没有这两天的备份。先做一次 gongjian backup，再试一次 gongjian restore"), done=False)
    when = f"{local_moment(made):%m-%d %H:%M}"
    return Fact(_("最近一次备份：{when}。再试一次 gongjian restore").format(when=when))


def _gateways(_actor: Actor, _at: datetime) -> Fact:
    mail = "filebased" not in settings.MAILERS["default"]["BACKEND"]
    texts = sms_leaves()
    found = [_("邮件已接通") if mail else _("邮件只写进文件"), _("短信已接通") if texts else _("短信只写进文件")]
    return Fact(_("，").join(found), done=(mail and texts) or None)


LINES: Final = (
    Line("second_factor", "shield", gettext_lazy("给自己绑定两步验证"),
         gettext_lazy("管理员的密码丢了，全区的资料就丢了。"), ("console:two_factor",), _second_factor),
    Line("units", "council", gettext_lazy("单位"),
         gettext_lazy("随系统带来的是盐田区的名单：改名、新建、撤并，定好兜底单位。"), ("console:units",), _units),
    Line("people", "users", gettext_lazy("人员"),
         gettext_lazy("开账号、给岗位；人多就用表格导入。"), ("console:people",), _people),
    Line("topics", "list", gettext_lazy("类别和派件规则"),
         gettext_lazy("每个类别归谁主办，几天办结。"), ("hotline:topics",), _topics),
    Line("hours", "clock", gettext_lazy("服务时间和通知"),
         gettext_lazy("几点有人接电话，节假日怎么说。"), ("hotline:service_hours",), _hours),
    Line("calendar", "calendar", gettext_lazy("工作日历"),
         gettext_lazy("期限按工作日算，要先确认今年的放假通知。"), ("console:calendar",), _calendar),
    Line("keys", "link", gettext_lazy("程序接口"),
         gettext_lazy("别的系统要接进来，先给它一把密钥。"), ("console:keys",), _keys),
    Line("gateways", "bell", gettext_lazy("短信和邮件"),
         gettext_lazy("居民的查询码和进度靠它们送到。"), ("operations",), _gateways),
    Line("backup", "download", gettext_lazy("备份"),
         gettext_lazy("开张那天就要有，第二天就可能用到。"), ("operations",), _backup),
)  # fmt: skip
CODES: Final = frozenset(line.code for line in LINES)


def steps(actor: Actor, *, at: datetime) -> list[Step]:
    """Return every line with what was found. A tick holds for what cannot be measured or was measured unfinished."""
    ticks = ticked_steps()
    return [_step(line, line.measure(actor, at), ticked=line.code in ticks) for line in LINES]


def _step(line: Line, fact: Fact, *, ticked: bool) -> Step:
    url = next((found for page in line.pages if (found := link(page))), "")
    done = fact.done or (fact.done is None and ticked)
    return Step(
        line.code, line.icon, str(line.label), str(line.why), fact.words, url, bool(done), ticked, fact.done is None
    )
