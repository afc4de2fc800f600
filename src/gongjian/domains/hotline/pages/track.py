"""One's own matter: proved once by number and code, then read, added to, urged, rated, asked again, withdrawn.

The ending of a phone proves little: others know it, or see it. With it one reads where the matter stands and by when,
nothing that somebody wrote; every act asks for the receipt code, a code to the phone, or one's own sign-in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.contrib import messages
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.forms import ChoiceField
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from gongjian.casefile.reveal import hides
from gongjian.casework.errors import CaseError, IllegalMoveError, RefusedError, StaleCaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.queries import clocks
from gongjian.documents.actions import Refused, claim, new_claim_token
from gongjian.documents.limits import takes_files
from gongjian.documents.queries import of_draft
from gongjian.domains.hotline.actions import applicant, replying
from gongjian.domains.hotline.actions.drafts import new_token
from gongjian.domains.hotline.actions.proving import takes_code
from gongjian.domains.hotline.forms.public import (
    AddForm,
    AgainForm,
    CancelForm,
    PublicForm,
    RateForm,
    TrackForm,
    UrgeForm,
)
from gongjian.domains.hotline.pages import progress, public
from gongjian.domains.hotline.pages.common import as_read, chinese
from gongjian.domains.hotline.pages.drafts import asked, store_of
from gongjian.domains.hotline.pages.following import keep
from gongjian.domains.hotline.pages.proofs import mine, proved, remember
from gongjian.domains.hotline.pages.reach import told_of
from gongjian.domains.hotline.queries import Tracked, attachments, history, tracked
from gongjian.domains.hotline.queries.following import followed_by
from gongjian.domains.hotline.queries.reach import touches_of_case
from gongjian.httpapi.limits import allow
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.text import clean
from gongjian.web.parts import Crumb
from gongjian.workdays.clock import now

TRIES_A_MINUTE: Final = 20
ACTS_A_MINUTE: Final = 10
# A phone ending has only 10,000 values: whoever guesses at one number waits longer and longer.
TAIL_LIMITS: Final = (
    ("track-number", 5, timedelta(minutes=1)),
    ("track-number-quarter", 10, timedelta(minutes=15)),
    ("track-number-day", 20, timedelta(days=1)),
)
TAIL: Final = 4
UPLOADS_KEY: Final = "track_uploads"
MOST_UPLOADS: Final = 20  # forms whose photos are remembered
WANTED: Final = "act"  # what somebody had written who has to prove the matter first
INVALID, SLOW_DOWN, CONFLICT = 422, 429, 409

type Perform = Callable[[ActorRequest, Tracked, PublicForm, datetime], str]


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def track(request: ActorRequest) -> HttpResponseBase:
    """Ask for number and proof; a wrong number and a wrong proof get the same answer."""
    if request.method != "POST":
        form = TrackForm(initial={"number": clean(request.GET.get("number", ""))[:30]})
        return ask(request, form)
    at, form = now(), TrackForm(request.POST)
    if form.from_a_program or not form.is_valid():
        return ask(request, TrackForm() if form.from_a_program else form, status=INVALID)
    number, secret = form.cleaned_data["number"], form.cleaned_data["secret"]
    if form.cleaned_data["code"]:
        return _by_code_alone(request, form, at)
    if not _may_try(request, number, secret, at):
        form.add_error(None, _("试得太多了。过一会儿再试，或者用查询码，也可以打 12349。"))
        return ask(request, form, status=SLOW_DOWN)
    found = tracked(number=number, secret=secret)
    if found is None:
        form.add_error(None, _("没有找到这一对件号和查询码（或手机尾号）。核对后再试，或打 12349。"))
        return ask(request, form, status=INVALID)
    return let_in(request, found, at)


def _by_code_alone(request: ActorRequest, form: TrackForm, at: datetime) -> HttpResponse:
    """Let a follower in, who has a code and no number; it proves nothing of the matter itself."""
    if not _may_try(request, "", form.cleaned_data["code"], at):
        form.add_error(None, _("试得太多了。过一会儿再试，或者用查询码，也可以打 12349。"))
        return ask(request, form, status=SLOW_DOWN)
    one = followed_by(code=form.cleaned_data["code"])
    if one is None:
        form.miss_number()
        return ask(request, form, status=INVALID)
    if wanted(request) is not None:
        form.add_error(None, _("这是关注用的查询码，只能看办到哪一步。办这件事要写件号和反映时给的查询码。"))
        return ask(request, form, status=INVALID)
    request.session.cycle_key()
    keep(request.session, one.id, {"code": "", "at": at.isoformat(), "told": ""})
    return redirect("hotline:following", one.id)


def let_in(request: ActorRequest, found: Tracked, at: datetime) -> HttpResponse:
    """Remember the proof and show the matter, or the form with the words that waited for it."""
    # A session somebody else may have planted must not carry the proof.
    request.session.cycle_key()
    remember(request.session, number=found.case.number, party_id=found.party.pk, full=found.full)
    act = wanted(request)
    if act is None:
        return redirect("hotline:track_case", found.case.number)
    if not found.full:
        form = TrackForm(initial={"number": found.case.number})
        return ask(request, form, status=INVALID, weak=True)
    return _act_page(request, act, found, act.form(initial=waiting(request, act)), at)


def ask(
    request: ActorRequest, form: TrackForm, status: int = 200, act: "Act | None" = None, *, weak: bool = False
) -> HttpResponse:
    """Show the form of the proof; words that came without one stay on it until it is given.

    Where the ending of the phone has been proved (`weak`), the code alone is left to ask for.
    """
    act = act or wanted(request)
    number = str(form["number"].value() or "")
    own = mine(request, number) if number in proved(request) else None
    context = {
        "form": form,
        "number": number,
        "known": [(number, reverse("hotline:track_case", args=[number])) for number in reversed(proved(request))],
        "waiting": carried(request, act) if act is not None else [],
        "act": act,
        "title": act.title() if act is not None else "",
        "files": bool(request.FILES),
        "weak": weak,
        "sends_code": own is not None and not own.full and takes_code(own),
    }
    return render(request, "hotline/track_find.html", context, status=status)


def wanted(request: ActorRequest) -> "Act | None":
    """Return what somebody is about to do with a matter that has to be proved first."""
    given = request.POST if request.method == "POST" else request.GET
    return ACTS.get(given.get(WANTED, ""))


def waiting(request: ActorRequest, act: "Act") -> dict[str, str]:
    """Return what was written for an act of which the proof is still to come; an address brings choices alone."""
    posted = request.method == "POST"
    given = act.form(request.POST if posted else request.GET).data
    fields = {n: f for n, f in act.form.base_fields.items() if posted or isinstance(f, ChoiceField)}
    names = [name for name in fields if name not in {"website", "photos"}]
    return {name: str(given[name]) for name in names if given.get(name)}


def carried(request: ActorRequest, act: "Act") -> list[tuple[str, str, str]]:
    """Return what waits for the proof, each with its field and as it is shown: a choice by its words."""
    found = []
    for name, value in waiting(request, act).items():
        one = act.form.base_fields[name]
        choices: Any = one.choices if isinstance(one, ChoiceField) else ()
        found.append((name, value, str(dict(choices).get(value, value))))
    return found


def _may_try(request: ActorRequest, number: str, secret: str, at: datetime) -> bool:
    """Count a try for the address, and for the number where only a phone ending proves it; also for unknown numbers."""
    if not allow("track", client_ip(request), TRIES_A_MINUTE, at):
        return False
    if len(secret) != TAIL:
        return True
    return all(allow(bucket, number, most, at, window=window) for bucket, most, window in TAIL_LIMITS)


def prove_first(request: ActorRequest, number: str, act: "Act | None" = None) -> HttpResponse:
    """Ask for the proof; the words of an act go along."""
    if act is not None and request.method == "POST" and waiting(request, act):
        form = TrackForm(initial={"number": number[:30]})
        return ask(request, form, status=INVALID, act=act)
    query = {"number": number}
    if act is not None and request.method != "POST":
        query |= {WANTED: act.name, **waiting(request, act)}
    return redirect(f"{reverse('hotline:track')}?{urlencode(query)}")


@guarded(anonymous=True)
@never_cache
@require_GET
def track_case(request: ActorRequest, number: str) -> HttpResponseBase:
    """Say where the matter stands, by when, and what one can do."""
    at, own = now(), mine(request, number)
    if own is None:
        return prove_first(request, number)
    case = own.case
    said, files = history(case.pk), attachments(case.pk)
    state = kind_of(case.kind).state_of[case.state]
    asked = next((s.public for s in said if s.event.move == "ask_citizen"), "")
    context = {
        "case": case,
        "full": own.full,
        "proof": TrackForm(),
        "sends_code": not own.full and takes_code(own),
        "wants": case.request,
        "state": state,
        "badge": progress.badge(case),
        "unit": progress.unit_name(case.holder_unit_id),
        "steps": progress.steps(case),
        "promise": progress.promise(case, clocks(case.pk), at),
        "acts": progress.acts(own, request.actor, at),
        "asked": asked if case.state == "waiting_citizen" else "",
        "entries": progress.entries(case, said, files if own.full else (), words=own.full),
        "reach": told_of(touches_of_case(case.pk)) if own.full else [],
        "contact": own.party.contact,
        "notified": own.party.notify,
        "why_unit": progress.why_this_unit(case, at),
        "refused": _refused(case.request.reject_reason) if case.state == "rejected" else (),
        "crumbs": _crumbs(number),
    }
    return render(request, "hotline/track_case.html", context)


def _refused(reason: Any) -> tuple[str, ...]:
    if reason is None:
        return ()
    return (reason.reason_zh, reason.channel_zh) if chinese() else (reason.reason_en, reason.channel_en)


def _crumbs(number: str, act: str = "") -> list[Crumb]:
    own = reverse("hotline:track_case", args=[number])
    start = [Crumb(_("首页"), "/"), Crumb(_("查进度"), reverse("hotline:track"))]
    return [*start, Crumb(number, own), Crumb(act)] if act else [*start, Crumb(number)]


@dataclass(frozen=True)
class Act:
    """One thing a resident may do: its page, its form, what it does, and what is said afterwards."""

    name: str
    form: type[PublicForm]
    title: Callable[[], str]
    lead: Callable[[], str]
    button: Callable[[], str]
    perform: Perform
    allowed: Callable[[progress.Acts], bool]
    photos: bool = False
    guards_version: bool = False  # what is decided on was read on the page; if it has changed, it is read again first
    danger: bool = False

    @property
    def url_name(self) -> str:
        return f"hotline:track_{self.name}"


def _add(request: ActorRequest, own: Tracked, form: PublicForm, at: datetime) -> str:
    token = _claim(request, own.case.number)
    photos = [d.pk for d in of_draft(token)]
    with transaction.atomic():
        if photos:
            claim(document_ids=photos, claim_token=token, field="photos")
        applicant.add(
            case=own.case,
            text=form.cleaned_data["text"],
            documents=photos,
            as_party=own.party.pk,
            actor=request.actor,
            at=at,
        )
    return _("补充好了，办理的单位马上看到。")


def _urge(request: ActorRequest, own: Tracked, form: PublicForm, at: datetime) -> str:
    applicant.urge(case=own.case, text=form.cleaned_data["urge"], as_party=own.party.pk, actor=request.actor, at=at)
    return _("催过了。经办单位和督办都看到了，24 小时后可以再催。")


def _rate(request: ActorRequest, own: Tracked, form: PublicForm, at: datetime) -> str:
    said = form.cleaned_data
    replying.rate(
        case=own.case,
        solved=said["solved"],
        satisfaction=said["satisfaction"],
        comment=said["comment"],
        as_party=own.party.pk,
        actor=request.actor,
        at=at,
    )
    if said["solved"] == "no":
        return _("知道了，没有解决。单位会照您说的重办，督办也看到了。")
    return _("谢谢您告诉我们。15 天内有反复，可以要求复核。")


def _again(request: ActorRequest, own: Tracked, form: PublicForm, at: datetime) -> str:
    applicant.ask_again(
        case=own.case, text=form.cleaned_data["text"], as_party=own.party.pk, actor=request.actor, at=at
    )
    return _("收到了，会重新看一遍再答复您。")


def _cancel(request: ActorRequest, own: Tracked, form: PublicForm, at: datetime) -> str:
    applicant.cancel(
        case=own.case, reason=form.cleaned_data["reason"], as_party=own.party.pk, actor=request.actor, at=at
    )
    return _("已经撤销。以后还有事，随时再说。")


ACTS: Final = {
    act.name: act
    for act in (
        Act(
            "add", AddForm, lambda: _("补充情况"), lambda: _("写几句，或加几张照片，办理的单位马上看到。"),
            lambda: _("补充上去"), _add, lambda acts: acts.add, photos=True,
        ),
        Act(
            "urge", UrgeForm, lambda: _("催一催"), lambda: _("经办单位和督办都会看到。期限过半后可以催，24 小时一次。"),
            lambda: _("催一催"), _urge, lambda acts: acts.urge,
        ),
        Act(
            "rate", RateForm, lambda: _("解决了吗？"), lambda: _("您说没有解决，单位就要重办。"),
            lambda: _("告诉 12349"), _rate, lambda acts: acts.rate, guards_version=True,
        ),
        Act(
            "again", AgainForm, lambda: _("要求复核"),
            lambda: _("办结后 15 天内，有新的情况或不满意，可以要求再看一次。"),
            lambda: _("要求复核"), _again, lambda acts: acts.again, guards_version=True,
        ),
        Act(
            "cancel", CancelForm, lambda: _("撤销这件事"), lambda: _("撤销后不再办理。以后有需要，可以重新反映。"),
            lambda: _("撤销这件事"), _cancel, lambda acts: acts.cancel, guards_version=True, danger=True,
        ),
    )
}  # fmt: skip


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@takes_files()
def track_act(request: ActorRequest, number: str, name: str) -> HttpResponseBase:
    """Show the form of one act and carry it out; what was typed stays whenever it is refused."""
    at, act, own = now(), ACTS[name], mine(request, number)
    if own is None or not own.full:
        return prove_first(request, number, act)
    if request.method != "POST":
        if not act.allowed(progress.acts(own, request.actor, at)):
            messages.info(request, _("这件事现在不能这样做了，下面是最新的情况。"))
            return redirect("hotline:track_case", number)
        return _act_page(request, act, own, act.form(initial=request.GET.dict()), at)
    form = act.form(request.POST, request.FILES)
    if form.from_a_program or not allow("track-acts", client_ip(request), ACTS_A_MINUTE, at):
        back = reverse(f"hotline:track_{name}", args=[number])
        return public.slow_down(request, reason=_("这个网络地址一分钟里提交得太多。"), back=back)
    form.is_valid()
    if act.photos:
        uploads = form.cleaned_data.get("photos", [])
        token = _claim(request, number, make=bool(uploads))
        public.take_photos(form, uploads=uploads, claim=token, actor=request.actor, at=at)
    if form.errors:
        return _act_page(request, act, own, form, at, INVALID)
    return _carry_out(request, act, own, form, at)


def _carry_out(request: ActorRequest, act: Act, own: Tracked, form: PublicForm, at: datetime) -> HttpResponse:
    number = own.case.number
    if act.guards_version:
        as_read(own.case, str(request.POST.get("version", "")))
    try:
        words = act.perform(request, own, form, at)
    except (CaseError, Refused) as error:
        _show_refusal(form, error)
        fresh = mine(request, number) or own
        return _act_page(request, act, fresh, form, at, CONFLICT if isinstance(error, StaleCaseError) else INVALID)
    messages.success(request, words)
    if hides(*(value for value in form.cleaned_data.values() if isinstance(value, str))):
        messages.info(request, public.numbered_words())
    return redirect("hotline:track_case", number)


def _show_refusal(form: PublicForm, error: CaseError | Refused) -> None:
    """Say why not, at the field where there is one; names of staff are not told to the public."""
    if isinstance(error, RefusedError | Refused):
        form.add_error(error.field if error.field in form.fields else None, str(error.message))
    elif isinstance(error, StaleCaseError):
        form.add_error(None, _("这件事刚刚有变化。您写的内容都在，看一眼现在的情况，再发一次。"))
    elif isinstance(error, IllegalMoveError):
        form.add_error(None, _("这件事已经到了别的一步，现在不能这样做。您写的内容都在。"))
    else:
        form.add_error(None, str(error))


def _act_page(
    request: ActorRequest, act: Act, own: Tracked, form: PublicForm, at: datetime, status: int = 200
) -> HttpResponse:
    kept = of_draft(_claim(request, own.case.number)) if act.photos and request.method == "POST" else []
    can = progress.acts(own, request.actor, at)
    context = {
        "act": act,
        "title": act.title(),
        "lead": act.lead(),
        "button": act.button(),
        "form": form,
        "fields": [form[name] for name in form.fields if name not in {"website", "photos"}],
        "case": own.case,
        "state": kind_of(own.case.kind).state_of[own.case.state],
        "too_early": can.urge_from if act.name == "urge" else None,
        "draft_key": asked(request) or new_token(),
        "kept": kept,
        "photos_max": public.room_for_photos(form, kept) if act.photos else 0,
        "crumbs": _crumbs(own.case.number, act.title()),
    }
    return render(request, "hotline/track_act.html", context, status=status)


def _claim(request: ActorRequest, number: str, *, make: bool = False) -> str:
    """Return the secret that ties photos to an addition that is not sent yet: each form on a page has its own.

    Empty where no photo has come; with `make` there is one from now on.
    """
    place = f"{number}:{asked(request)}"

    def kept(session: SessionBase) -> str:
        claims = session.get(UPLOADS_KEY)
        claims = dict(claims) if isinstance(claims, dict) else {}
        if place not in claims:
            session[UPLOADS_KEY] = dict([*claims.items(), (place, new_claim_token())][-MOST_UPLOADS:])
        return str(session[UPLOADS_KEY][place])

    known = request.session.get(UPLOADS_KEY)
    found = str(known.get(place, "")) if isinstance(known, dict) else ""
    return found or (store_of(request).change(kept) if make else "")


routes: list[URLPattern] = [
    path("track", track, name="track"),
    path("track/<str:number>", track_case, name="track_case"),
    *(path(f"track/<str:number>/{name}", track_act, {"name": name}, name=f"track_{name}") for name in ACTS),
]
