"""People, for administrators."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from gongjian.console.forms import AssignForm, NewUserForm, PersonForm
from gongjian.console.frame import frame, language_of, posted
from gongjian.identity import actions
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.models import User
from gongjian.identity.queries import HeldRole, has_authenticator, people, roles, roles_held, units
from gongjian.identity.refusals import Refused
from gongjian.identity.requests import ActorRequest
from gongjian.web.paging import BadCursor, Keyset, Page
from gongjian.web.parts import Crumb, Filter, Option
from gongjian.web.searching import sought
from gongjian.workdays.clock import now
from gongjian.workdays.rules import midnight

PAGE = 50
ORDER = Keyset("username")


@dataclass(frozen=True)
class Post:
    """A role in a unit, in words."""

    assignment_id: int
    who: str
    username: str
    user_id: int
    unit: str
    role: str
    ends: datetime | None


@dataclass(frozen=True)
class PersonRow:
    user: User
    posts: list[Post]


def posts_of(held: list[HeldRole], language: str, names: dict[int, str] | None = None) -> list[Post]:
    book, desks = units().by_id, roles()
    return [
        Post(
            one.assignment_id,
            (names or {}).get(one.user_id, ""),
            "",
            one.user_id,
            book[one.unit_id].short(language),
            desks[one.role_id].name(language),
            one.ends,
        )
        for one in held
    ]


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_safe
def person_list(request: ActorRequest) -> HttpResponse:
    """Show staff and programs by user name, with the roles they hold now."""
    at, asked, closed = now(), sought(request.GET), request.GET.get("state") == "closed"
    rows = User.objects.none() if asked.vain else people(text=asked.text, closed=closed)
    try:
        page: Page[User] = ORDER.page(rows, size=PAGE, cursor=request.GET.get("after", ""))
    except BadCursor:
        page = ORDER.page(rows, size=PAGE)
    held = roles_held(at=at, user_ids=[user.pk for user in page.rows])
    posts = posts_of(held, language_of(request))
    shown = [PersonRow(user, [post for post in posts if post.user_id == user.pk]) for user in page.rows]
    more = {"q": asked.words, "state": "closed" if closed else "", "after": page.next}
    states = [Option("", _("在用"), not closed), Option("closed", _("停用"), closed)]
    context = {
        **frame(request, "people"),
        "rows": shown,
        "page": page,
        "q": asked.words,
        "none_words": asked.told(_("没有找到人。")),
        "filters": [Filter("state", _("状态"), states)],
        "more_url": f"{reverse('console:people')}?{urlencode({k: v for k, v in more.items() if v})}",
    }
    return render(request, "console/person_list.html", context)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request: ActorRequest) -> HttpResponse:
    """Open an account for a member of staff."""
    at, form = now(), NewUserForm(posted(request))
    if form.is_valid():
        try:
            user = actions.create_user(**form.cleaned_data, actor=request.actor, at=at)
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("账号开好了。给一个岗位，再把设密码的链接交给本人。"))
            return redirect("console:person", user.pk)
    context = {
        **frame(request, "people"),
        "form": form,
        "crumbs": [Crumb(_("人员"), reverse("console:people")), Crumb(_("新账号"))],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "console/person_new.html", context, status=status)


def _person(pk: int) -> User:
    return get_object_or_404(User.objects.exclude(kind=User.Kind.RESIDENT).defer("phone"), pk=pk)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_safe
def person_page(request: ActorRequest, pk: int) -> HttpResponse:
    """Show one account, its roles, and what can be done with it."""
    return _person_page(request, _person(pk), now())


def _person_page(
    request: ActorRequest, user: User, at: datetime, form: AssignForm | None = None, link: str = ""
) -> HttpResponse:
    language = language_of(request)
    context = {
        **frame(request, "people"),
        "who": user,
        "posts": posts_of(roles_held(at=at, user_ids=[user.pk]), language),
        "authenticator": has_authenticator(user.pk),
        "form": form or AssignForm(language=language),
        "link": link,
        "own": user.pk == request.actor.user_id,
        "crumbs": [Crumb(_("人员"), reverse("console:people")), Crumb(user.name or user.username)],
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form is not None else HTTPStatus.OK
    return render(request, "console/person_page.html", context, status=status)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_POST
def person_assign(request: ActorRequest, pk: int) -> HttpResponse:
    """Give a role in a unit, open-ended or until the end of a day."""
    at, user = now(), _person(pk)
    form = AssignForm(request.POST, language=language_of(request))
    if form.is_valid():
        last = form.cleaned_data["ends"]
        ends = midnight(last + timedelta(days=1)) if last else None
        try:
            actions.assign(
                user=user,
                unit=form.cleaned_data["unit"],
                role=form.cleaned_data["role"],
                starts=_begin(form.cleaned_data["starts"], at),
                ends=ends,
                actor=request.actor,
                at=at,
            )
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("岗位给了，马上有效。"))
            return redirect("console:person", pk)
    return _person_page(request, user, at, form)


def _begin(first: date | None, at: datetime) -> datetime | None:
    """Return the beginning of a later day; today and the past begin now."""
    begin = midnight(first) if first else None
    return begin if begin and begin > at else None


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request: ActorRequest, pk: int) -> HttpResponse:
    """Change names and work address of an account."""
    user = _person(pk)
    initial = {"name": user.name, "name_en": user.name_en, "email": user.email or ""}
    form = PersonForm(posted(request), initial=initial)
    if form.is_valid():
        try:
            changed = actions.change_user(user=user, **form.cleaned_data, actor=request.actor, at=now())
        except Refused as refused:
            form.add_error(refused.field or None, str(refused))
        else:
            messages.success(request, _("改好了。") if changed else _("没有变化。"))
            return redirect("console:person", pk)
    crumbs = [Crumb(_("人员"), reverse("console:people")), Crumb(user.name or user.username), Crumb(_("改资料"))]
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {**frame(request, "people"), "form": form, "who": user, "crumbs": crumbs}
    return render(request, "console/person_edit.html", context, status=status)


@guarded(IdentityRight.PEOPLE_MANAGE)
@require_POST
def person_act(request: ActorRequest, pk: int, act: str) -> HttpResponse:
    """Do one of the short acts: link, drop, close, open, or end a role."""
    at, user = now(), _person(pk)
    try:
        if act == "link":
            return _person_page(request, user, at, link=_password_link(request, user, at))
        messages.success(request, _do(request, user, act, at))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("console:person", pk)


def _password_link(request: ActorRequest, user: User, at: datetime) -> str:
    uid, token = actions.password_link(user=user, actor=request.actor, at=at)
    return request.build_absolute_uri(reverse("console:password_set", args=[uid, token]))


def _do(request: ActorRequest, user: User, act: str, at: datetime) -> str:
    if act == "close":
        actions.close_user(user=user, actor=request.actor, at=at)
        return _("账号停用了，所有设备都已退出。")
    if act == "open":
        actions.open_user(user=user, actor=request.actor, at=at)
        return _("账号恢复了。")
    if act == "drop":
        actions.drop_authenticator(user=user, actor=request.actor, at=at)
        return _("认证器解绑了，所有设备都已退出。")
    if act == "end":
        number = request.POST.get("assignment", "")
        held = {str(one.assignment_id): one.assignment_id for one in roles_held(at=at, user_ids=[user.pk])}
        if number not in held:
            raise Http404
        actions.end_assignment(assignment_id=held[number], actor=request.actor, at=at)
        return _("岗位收回了，马上有效。")
    raise Http404
