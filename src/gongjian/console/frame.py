"""What every page of the console hands to the frame around it."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from gongjian.console.access import ConsoleRight
from gongjian.identity.access import IdentityRight
from gongjian.identity.actor import Actor
from gongjian.identity.models import User
from gongjian.identity.requests import ActorRequest
from gongjian.web.links import link
from gongjian.web.middleware import reader_of
from gongjian.web.parts import Crumb, NavItem, Tab
from gongjian.web.reader import LOOK_COOKIE

# Where work begins: the first line whose right the actor holds and whose page this installation has. Desks of other
# rooms are known by name only.
STARTS: tuple[tuple[str, str], ...] = (
    ("hotline:case:dispatch", "hotline:board"),
    ("hotline:case:intake", "hotline:call_desk"),
    ("hotline:case:callback", "hotline:callback"),
    ("hotline:case:review", "hotline:review"),
    ("hotline:case:supervise", "hotline:supervise"),
    ("hotline:case:handle", "hotline:inbox"),
    ("hotline:case:sign", "hotline:inbox"),
    ("casework:figures:read", "hotline:figures"),
    (IdentityRight.PEOPLE_MANAGE, "console:office"),
    (ConsoleRight.HEALTH_READ, "operations"),
    (ConsoleRight.ENTRIES_READ, "console:audit"),
    ("hotline:template:share", "hotline:wordings"),
    ("hotline:case:read_all", "hotline:search"),
)


def start_page(actor: Actor) -> str:
    """Return where this actor's work or matters begin; the own account if nowhere else."""
    if actor.kind == "resident":
        return link("portal:matters") or reverse("console:profile")
    desks = (link(name) for right, name in STARTS if actor.can(right))
    return next((address for address in desks if address), reverse("console:profile"))


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to; an empty POST binds it too, so that what is missing is named."""
    return request.POST if request.method == "POST" else None


def safe_next(request: HttpRequest) -> str:
    """Return where the visitor wanted to go, if it is a page of this site, else an empty text."""
    wanted = str(request.POST.get("next") or request.GET.get("next", ""))
    here = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if here else ""


def frame(request: ActorRequest, current: str) -> dict[str, Any]:
    """Return the context of the frame: the public one for residents, the desk's for staff."""
    actor = request.actor
    if actor.kind == "resident":
        return {"frame": "web/base.html"}
    return {"frame": "web/staff.html", "desk": desk(actor, current)}


def desk(actor: Actor, current: str) -> list[NavItem]:
    """Return the pages of the console this actor may open."""
    pages: Sequence[tuple[str, str, str, bool]] = (
        ("home", _("工作台"), "home", True),
        ("office", pgettext("栏目", "管理"), "settings", actor.can(IdentityRight.OFFICE_OPEN)),
        ("people", _("人员"), "users", actor.can(IdentityRight.PEOPLE_MANAGE)),
        ("units", pgettext("栏目", "单位"), "council", actor.can(IdentityRight.UNITS_MANAGE)),
        ("audit", _("审计"), "shield", actor.can(ConsoleRight.ENTRIES_READ)),
        ("profile", _("我的账号"), "user", True),
    )
    return [
        NavItem(label, reverse(f"console:{name}"), icon, current=name == current)
        for name, label, icon, open_to in pages
        if open_to
    ]


def in_office(actor: Actor, *trail: Crumb) -> list[Crumb]:
    """Return the way to a page of administration, from its first page for those who may open that."""
    opens = actor.can(IdentityRight.OFFICE_OPEN)
    return [*([Crumb(pgettext("栏目", "管理"), reverse("console:office"))] if opens else []), *trail]


def own_tabs(actor: Actor, current: str) -> list[Tab]:
    """Return the pages of one's own account; residents have no password and no authenticator."""
    staff = actor.kind == "staff"
    pages = (
        ("profile", _("显示和语言"), "settings", True),
        ("sessions", _("登录设备"), "lock", True),
        ("password", _("密码"), "edit", staff),
        ("two_factor", _("两步验证"), "shield", staff),
        ("deputy", _("我不在时"), "users", staff),
        ("inbox", _("通知"), "bell", True),
        ("notice_choices", _("要哪些通知"), "filter", True),
    )
    return [
        Tab(label, reverse(f"console:{name}"), icon=icon, current=name == current)
        for name, label, icon, shown in pages
        if shown
    ]


def take_look(user: User, target: str) -> HttpResponse:
    """Go to a page by way of the one view that writes the look cookies, with what the profile says."""
    look: dict[str, str | int] = {
        "language": user.language,
        "mode": user.mode,
        "text": user.text_step,
        "contrast": user.contrast,
        "keys": "on" if user.single_keys else "off",
        "next": target,
    }
    return HttpResponseRedirect(f"{reverse('web:choose')}?{urlencode(look)}")


def knows_look(request: HttpRequest) -> bool:
    """Whether this device has been told how its reader reads."""
    return LOOK_COOKIE in request.COOKIES


def language_of(request: HttpRequest) -> str:
    """Return the reader's language: zh-hans or en."""
    return reader_of(request).language
