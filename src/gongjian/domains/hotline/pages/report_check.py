"""The last step of a report: everything once more, one press, and the receipt of what was sent from that page."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from gongjian.casework.errors import RefusedError
from gongjian.casework.limits import book
from gongjian.documents.actions import Refused, claim
from gongjian.documents.qr import qr_svg
from gongjian.documents.queries import of_draft
from gongjian.domains.hotline.actions.drafts import new_token
from gongjian.domains.hotline.actions.intake import UNCONFIRMED_A_DAY, Report, Reporter, is_told, register_request
from gongjian.domains.hotline.actions.sending import REPORT, KeyUsedError, Sent, once, words_of_report
from gongjian.domains.hotline.pages import public
from gongjian.domains.hotline.pages.drafts import (
    SEEN,
    Draft,
    asked,
    drop,
    found,
    keep_receipt,
    receipts,
    store,
    store_of,
)
from gongjian.domains.hotline.pages.proofs import remember
from gongjian.domains.hotline.pages.report_steps import (
    answers,
    done_url,
    lines_of,
    open_step,
    posted,
    refuse,
    show,
    shown,
    step_form,
    step_url,
)
from gongjian.domains.hotline.pages.terms import term_words
from gongjian.domains.hotline.queries import catalogue, tracked
from gongjian.httpapi.limits import allow
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.identity.sessions import SessionStore
from gongjian.parties.texting import may_text
from gongjian.sealing.masking import mask_phone
from gongjian.sealing.tokens import spelled, written
from gongjian.web.middleware import reader_of
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

REPORTS_A_MINUTE: Final = 6
ANONYMOUS_AN_HOUR: Final = 10
# How long the receipt code stays on the page after sending: to write it down, print it, or survive a reload.
RECEIPT_SHOWN: Final = timedelta(minutes=15)


class ChangedError(Exception):
    """The draft is not what the page showed any more."""


@guarded(anonymous=True)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: ActorRequest) -> HttpResponseBase:
    """Step 5: everything once more, then one press sends what this page shows; pressing twice sends once."""
    at = now()
    if request.method != "POST":
        draft = shown(request, "check")
        if isinstance(draft, HttpResponse):
            return draft
        return show(request, "check", step_form("check", at), draft, _answers(draft, at))
    draft_sent = found(request)
    if draft_sent is not None and draft_sent.sent:
        return redirect(done_url(draft_sent))
    return _pressed(request, at)


def _pressed(request: ActorRequest, at: datetime) -> HttpResponse:
    form = step_form("check", at, request.POST)
    refusal = refuse(request, form, "check", at)
    if refusal is not None:
        return refusal
    draft = posted(request, "check", at)
    if draft.moved:
        return redirect(step_url("describe" if draft.description else draft.first_open, draft))
    missing = open_step(draft, at)
    if missing != "check":
        return redirect(step_url(missing, draft))
    refusal = _too_many(request, draft, at)
    if refusal is not None:
        return refusal
    form.is_valid()
    why_not = _try_to_send(request, draft, at)
    if not why_not:
        return redirect(done_url(draft))
    form.add_error(None, why_not)
    draft = found(request) or draft
    return show(request, "check", form, draft, _answers(draft, at))


def _try_to_send(request: ActorRequest, draft: Draft, at: datetime) -> str:
    """Send what the page shows; return why it was not sent, empty where it was."""
    try:
        _send(request, at)
    except ChangedError:
        return _("这份内容在另一个窗口里改过，请再看一遍。下面是现在要发的，对了再按“发出去”。")
    except KeyUsedError:
        _rename(request, draft)
        return _("这一份已经从别处发过一次，内容不一样。您现在写的还没有发，都在下面；再按一次，就发成新的一件。")
    except (RefusedError, Refused) as error:
        return str(error.message)
    return ""


def _answers(draft: Draft, at: datetime) -> dict[str, object]:
    kept = of_draft(draft.claim)
    return {
        "lines": lines_of(draft, at),
        "kept": [one for one in kept if one.is_image],
        "voice": next((one for one in kept if not one.is_image), None),
        "anonymous": draft.anonymous,
        "seen": draft.digest(files=[one.pk for one in kept]),
    }


def _rename(request: ActorRequest, draft: Draft) -> None:
    """Give the draft a new token, because other words were sent under the old one."""

    def rename(session: SessionStore) -> None:
        drop(session, draft.token)
        draft.token = new_token()
        store(session, draft)

    store_of(request).change(rename)


def _send(request: ActorRequest, at: datetime) -> None:
    """Open the case once: the session's row is held, so that a second press waits and finds it done.

    Where the answer was lost and the phone sends the same again by itself, its key is the draft's token.
    """

    def send(session: SessionStore) -> None:
        fresh = found(request)
        if fresh is None:
            raise ChangedError
        if fresh.sent:
            return
        files, seen = of_draft(fresh.claim), request.POST.get(SEEN, "")
        if seen and seen != fresh.digest(files=[one.pk for one in files]):
            raise ChangedError
        sent = _opened(request, fresh, [one.pk for one in files], at)
        fresh.sent = sent.number
        store(session, fresh)
        said = _said(fresh, sent, at)
        keep_receipt(session, fresh.token, said)
        own = tracked(number=sent.number, secret=said["receipt"]) if said["receipt"] else None
        if own is not None:
            remember(session, number=sent.number, party_id=own.party.pk, full=True)

    store_of(request).change(send)


def _opened(request: ActorRequest, draft: Draft, files: list[int], at: datetime) -> Sent:
    """Open the case with the draft's files, or find that a phone has done it under the same token."""
    report = _report(request, draft, files, at)

    def run() -> tuple[int, str, Mapping[str, Any]]:
        if files:
            claim(document_ids=files, claim_token=draft.claim, field="photos")
        opened = register_request(report=report, actor=request.actor, at=at)
        due = opened.due_at.isoformat() if opened.due_at else ""
        unheard = (draft.phone or draft.email) and not is_told(opened.id)
        said = {"number": opened.number, "receipt": opened.receipt, "due_at": due, "unheard": "1" if unheard else ""}
        return opened.id, opened.number, said

    return once(key=draft.token, act=REPORT, words=words_of_report(report, len(files)), run=run, at=at)


def _said(draft: Draft, sent: Sent, at: datetime) -> dict[str, Any]:
    """Return what the page says of a report that was sent."""
    return {
        "number": sent.number,
        "receipt": sent.answer.get("receipt", ""),
        "sent_at": at.isoformat(),
        "due_at": sent.answer.get("due_at", ""),
        "kind": draft.kind,
        "topic": draft.topic,
        "told": mask_phone(draft.phone) if draft.phone and may_text(draft.phone, local_day(at)) else draft.email,
        "left": "1" if draft.phone or draft.email else "",
        "unheard": sent.answer.get("unheard", ""),
    }


def _report(request: ActorRequest, draft: Draft, files: list[int], at: datetime) -> Report:
    topic = catalogue(at).by_code(draft.topic) if draft.topic else None
    person_id = request.actor.person_id if request.actor.kind == "resident" else None
    behalf = Reporter(name=draft.behalf_name, phone=draft.behalf_phone, notify=False) if draft.behalf else None
    return Report(
        kind=draft.kind,
        description=draft.description,
        topic_id=topic.id if topic else None,
        channel="web",
        language=draft.language or reader_of(request).language,
        address=draft.address,
        lon=draft.lon,
        lat=draft.lat,
        community_id=int(draft.community) if draft.community else None,
        reporter=Reporter(
            name=draft.name,
            phone=draft.phone,
            email=draft.email,
            consent_contact=draft.consent,
            person_id=person_id,
        ),
        on_behalf_of=behalf,
        documents=files,
        answers=answers(draft, at),
    )


def _too_many(request: ActorRequest, draft: Draft, at: datetime) -> HttpResponse | None:
    address, back = client_ip(request), step_url("check", draft)
    if not allow("report", address, REPORTS_A_MINUTE, at):
        return public.slow_down(request, reason=_("这个网络地址一分钟里反映得太多。"), back=back)
    anonymous = draft.anonymous and not request.actor.signed_in
    if anonymous and not allow("report-anonymous", address, ANONYMOUS_AN_HOUR, at, window=timedelta(hours=1)):
        reason = _("这个网络地址一小时里匿名反映得太多。留一个电话或邮箱，现在就能发。")
        return public.slow_down(request, reason=reason, back=step_url("contact", draft))
    return None


@guarded(anonymous=True)
@never_cache
@require_GET
def done(request: ActorRequest) -> HttpResponseBase:
    """Say that we have it: number, receipt code, what happens next and by when."""
    at, kept, token = now(), receipts(request.session), asked(request)
    token = token or next(reversed(kept), "")
    if token not in kept:
        return redirect(step_url("what"))
    sent = kept[token]
    sent_at = parse_datetime(sent["sent_at"]) or at
    receipt = sent.get("receipt", "")
    if receipt and at - sent_at > RECEIPT_SHOWN:
        receipt = ""
        store_of(request).change(lambda session: keep_receipt(session, token, {**sent, "receipt": ""}))
    link = f"{settings.PUBLIC_URL}{reverse('hotline:track')}?number={sent['number']}"
    context = {
        "draft_key": token,
        "number": sent["number"],
        "receipt": receipt,
        "receipt_spaced": written(receipt),
        "spelled": spelled(receipt, get_language() or "zh"),
        "due_at": parse_datetime(sent["due_at"]) if sent["due_at"] else None,
        "answer_term": _answer_term(sent, at),
        "told": sent["told"],
        "left": sent.get("left", ""),
        "unheard": sent.get("unheard", ""),
        "most_a_day": UNCONFIRMED_A_DAY,
        "told_phone": bool(sent["told"]) and "@" not in sent["told"],
        "qr": qr_svg(link, title=_("查进度的二维码")),
        "track_url": reverse("hotline:track_case", args=[sent["number"]]),
    }
    return render(request, "hotline/report_done.html", context)


def _answer_term(sent: Mapping[str, Any], at: datetime) -> str:
    topic = catalogue(at).by_code(sent["topic"]) if sent["topic"] else None
    key = (
        topic.limit_key if topic and topic.limit_key not in {"", "hotline.answer"} else f"hotline.answer.{sent['kind']}"
    )
    return term_words(book().term(key=key, urgency=0, day=local_day(at)).term)


routes: list[URLPattern] = [
    path("report/check", check, name="report_check"),
    path("report/done", done, name="report_done"),
]
