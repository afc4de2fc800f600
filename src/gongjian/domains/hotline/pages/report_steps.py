"""What the steps of a report share: their forms, the draft a page belongs to, the way from one to the next.

A page says which draft it shows and what it showed of it. Whatever is posted to a draft that has ended or is sent goes
into a new one and is shown with a word: nothing typed is ever answered by an empty page.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from gongjian.casefile.reveal import hides
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.actions.drafts import new_token
from gongjian.domains.hotline.forms.public import (
    CheckForm,
    ContactForm,
    DescribeForm,
    PublicForm,
    WhatForm,
    WhereForm,
)
from gongjian.domains.hotline.forms.questions import PREFIX
from gongjian.domains.hotline.pages import public
from gongjian.domains.hotline.pages.common import named
from gongjian.domains.hotline.pages.drafts import (
    ANSWERS,
    DRAFT,
    MOST_UNSENT,
    SEEN,
    Draft,
    TooManyDraftsError,
    asked,
    found,
    names_one,
)
from gongjian.domains.hotline.queries import catalogue
from gongjian.domains.hotline.queries.open311 import Question, questions_of
from gongjian.httpapi.limits import allow
from gongjian.identity.requests import ActorRequest, client_ip
from gongjian.listing import listed
from gongjian.parties.phones import display_phone
from gongjian.places.queries import communities
from gongjian.web.words import english, labelled, one_line
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

STEPS: Final = ("what", "where", "describe", "contact", "check")
CARRIED: Final = ("what", "where", "describe")  # steps whose answers every page carries along; the others are personal
BEGUN: Final = "begun"  # set in pages of a draft the server has
STEPS_A_MINUTE: Final = 40
BAD_REQUEST, INVALID = 400, 422


@dataclass(frozen=True)
class Line:
    """One line of the page that is checked before sending."""

    step: str
    label: str
    text: str
    change: str


def step_url(name: str, draft: Draft | None = None) -> str:
    """Return the address of a step, of this draft where its pages name it."""
    url = reverse("hotline:report" if name == "what" else f"hotline:report_{name}")
    return f"{url}?{urlencode({DRAFT: draft.token})}" if draft is not None and draft.named else url


def done_url(draft: Draft) -> str:
    url = reverse("hotline:report_done")
    return f"{url}?{urlencode({DRAFT: draft.token})}" if draft.named else url


def step_form(name: str, at: datetime, data: Any = None, files: Any = None, **more: Any) -> PublicForm:
    """Return the form of a step, with what may be chosen now."""
    if name == "what":
        topics = [(t.code, named(t)) for t in catalogue(at).leaves]
        return WhatForm(data, topics=[*topics, ("", _("都不是，或说不清"))], **more)
    if name == "where":
        return WhereForm(data, communities=[(str(c.id), named(c)) for c in communities()], **more)
    if name == "contact":
        return ContactForm(data, day=local_day(at), **more)
    kinds: dict[str, type[PublicForm]] = {"describe": DescribeForm, "check": CheckForm}
    return kinds[name](data, files, **more)


def shown(request: HttpRequest, name: str) -> Draft | HttpResponse:
    """Return the draft whose step is to be shown, or where its reader is better off: its receipt, an earlier step."""
    draft = found(request)
    if draft is None:
        return redirect(step_url("what"))
    if draft.sent:
        return redirect(done_url(draft))
    missing = open_step(draft, now()) if name == "check" else draft.first_open
    early = STEPS.index(missing) < STEPS.index(name) and not draft.steps_done.get(name)
    return redirect(step_url(missing, draft)) if early else draft


def posted(request: HttpRequest, name: str, at: datetime) -> Draft:
    """Return the draft that a posted step belongs to.

    Where that one has ended or is sent, it is a new one, `moved`, with whatever the page carried along.
    """
    draft = found(request)
    if name == "what" and _begins(request, draft):
        return Draft(token=asked(request) or new_token(), named=names_one(request))
    if draft is not None and not draft.sent:
        draft.ended = False  # whoever goes on has read the word about it
        return draft
    draft = draft.again() if draft is not None else _carried(request, name, at)
    draft.moved = True
    with suppress(TooManyDraftsError):  # told when the step itself is to be kept
        draft.keep(request)
    return draft


def _begins(request: HttpRequest, draft: Draft | None) -> bool:
    """Whether this is the first word of a new report: its page was never sent before."""
    if BEGUN in request.POST:
        return False
    # A page that names none goes on with a report of which nothing but the first step is there.
    return draft is None or (not names_one(request) and (bool(draft.sent) or draft.first_open != "where"))


def _carried(request: HttpRequest, name: str, at: datetime) -> Draft:
    """Return a new draft with the answers of other steps that the page carried along."""
    draft = Draft(ended=True, named=names_one(request))
    for step in CARRIED:
        data = QueryDict(mutable=True)
        for name_, texts in request.POST.lists():
            if name_.startswith(f"{step}-"):
                data.setlist(name_.removeprefix(f"{step}-"), [str(text) for text in texts])
        if step == name or not data:
            continue
        form = describe_form(draft, at, data) if step == "describe" else step_form(step, at, data)
        if form.is_valid():
            draft.take(form.cleaned_data)
            draft.placed = draft.placed or step == "where"
    return draft


def take(request: HttpRequest, name: str, form: PublicForm, draft: Draft, at: datetime, **done: bool) -> bool:
    """Keep what the form has found good; False with a word on the form where it cannot be kept as it stands."""
    cleaned = {one: form.cleaned_data[one] for one in ANSWERS[name] if one in form.cleaned_data}
    seen, changed = request.POST.get(SEEN, ""), any(getattr(draft, one) != cleaned[one] for one in cleaned)
    if not draft.moved and draft.stored and seen and seen != draft.digest(name) and changed:
        there = one_line(labelled(line.label, line.text) for line in lines_of(draft, at) if line.step == name)
        words = _("这一步在另一个窗口里改过，那边写的是：%(there)s。下面是您刚写的，要用它，就再按一次。")
        form.add_error(None, words % {"there": there})
        return False
    draft.take(cleaned | done)
    try:
        draft.keep(request, [*cleaned, *done, "ended"])
    except TooManyDraftsError:
        form.add_error(None, too_many_words())
        return False
    return True


def too_many_words() -> str:
    return _("您已经写了 %(n)s 份没有发的。先发出几份，再写新的；这一页上写的还在。") % {"n": MOST_UNSENT}


def way_on(name: str, draft: Draft) -> HttpResponse:
    """Lead to the next step; to the same one where its words have just come into a new draft, so that they are seen."""
    return redirect(step_url(name if draft.moved else next_step(draft, name), draft))


def next_step(draft: Draft, name: str) -> str:
    """Return the step after this one: an earlier one that is open, or the last where everything is answered."""
    missing = draft.first_open
    return missing if STEPS.index(missing) < STEPS.index(name) or missing == "check" else STEPS[STEPS.index(name) + 1]


def show(
    request: HttpRequest, name: str, form: PublicForm, draft: Draft, more: Mapping[str, object] | None = None
) -> HttpResponse:
    """Draw one step; a form with errors answers 422, so that nobody takes it for done."""
    context = frame(draft, name, now()) | {"form": form} | dict(more or {})
    return render(request, f"hotline/report_{name}.html", context, status=INVALID if form.errors else 200)


def frame(draft: Draft, name: str, at: datetime) -> dict[str, object]:
    """Return what stands around every step."""
    known = catalogue(at)
    place = STEPS.index(name)
    topic = known.by_code(draft.topic) if draft.topic else None
    return {
        "step": place + 1,
        "steps": len(STEPS),
        "back": step_url(STEPS[place - 1], draft) if place else "/",
        "about": named(topic) or draft.words,
        "draft": draft,
        "draft_key": draft.token,
        "step_url": step_url(name, draft),
        "seen": draft.digest(name) if name in ANSWERS else "",
        "carried": [pair for step in CARRIED if step != name for pair in _told(draft, step)],
        "what_url": step_url("what", draft),
        "receipt_url": f"{reverse('hotline:report_done')}?{urlencode({DRAFT: draft.after_token})}",
        "numbered": _numbered(draft, name),
        "emergency": rules.emergency_service(draft.text, known.emergency),
        "emergency_words": [list(pair) for pair in known.emergency],
    }


def _numbered(draft: Draft, name: str) -> dict[str, str]:
    """Return what is said where a number was typed into the words, and the way back to it; empty where none was."""
    written = {
        "what": [draft.words],
        "where": [draft.address],
        "describe": [draft.description, *(one for values in draft.answers.values() for one in values)],
    }
    step = next((step for step, texts in written.items() if hides(*texts)), "")
    return {"words": public.numbered_words(), "url": step_url(step, draft) if step != name else ""} if step else {}


def _told(draft: Draft, step: str) -> list[tuple[str, object]]:
    """Return the answers of a step as the fields that carry them along."""
    given = [(one, getattr(draft, one)) for one in ANSWERS[step] if one != "answers"]
    found = [(f"{step}-{one}", value) for one, value in given if value not in {"", None, False}]
    if "answers" in ANSWERS[step]:
        found += [(f"{step}-{PREFIX}{code}", one) for code, values in draft.answers.items() for one in values]
    return found


def describe_form(draft: Draft, at: datetime, data: Any = None, files: Any = None, **more: Any) -> DescribeForm:
    """Return the form of the third step with what the topic asks besides."""
    form = DescribeForm(data, files, **more)
    form.ask(questions(draft, at), english=english())
    return form


def questions(draft: Draft, at: datetime) -> tuple[Question, ...]:
    """Return what is asked besides about the topic of a draft."""
    topic = catalogue(at).by_code(draft.topic) if draft.topic else None
    return questions_of(topic.id if topic else None, at)


def answers(draft: Draft, at: datetime) -> dict[str, list[str]]:
    """Return the answers that belong to the topic as it is now; others wait in the draft for their topic."""
    known = {one.code for one in questions(draft, at) if one.variable}
    return {code: values for code, values in draft.answers.items() if code in known and values}


def open_step(draft: Draft, at: datetime) -> str:
    """Return the first step that is not done: also where another topic asks what was not answered."""
    given = answers(draft, at)
    missing = any(one.required and one.variable and one.code not in given for one in questions(draft, at))
    return "describe" if missing and draft.first_open in {"contact", "check"} else draft.first_open


def _answer_lines(draft: Draft, at: datetime) -> list[tuple[str, str, str]]:
    """Return what was answered to the topic's questions as lines."""
    found = []
    for one in questions(draft, at):
        names = {choice.key: choice.name_en if english() else choice.name_zh for choice in one.values}
        values = [names.get(value, value) for value in answers(draft, at).get(one.code, ())]
        if values:
            found.append(("describe", one.ask_en if english() else one.ask_zh, listed(values)))
    return found


def lines_of(draft: Draft, at: datetime) -> list[Line]:
    """Return the answers of all steps as lines with a way back to each."""
    topic = catalogue(at).by_code(draft.topic) if draft.topic else None
    place = next((named(c) for c in communities() if str(c.id) == draft.community), "")
    spot = _("地图上的一点") if draft.lon is not None and not draft.address else ""
    where = " ".join(part for part in (place, draft.address, spot) if part) or _("说不清在哪里")
    reach = [display_phone(draft.phone) if draft.phone else "", draft.email, draft.name]
    told = [
        ("what", _("什么事"), _about(draft.kind, named(topic) or draft.words)),
        ("where", _("在哪里"), where),
        ("describe", _("情况"), draft.description),
        *_answer_lines(draft, at),
        ("contact", _("怎么联系您"), "　".join(part for part in reach if part) or _("不留，匿名反映")),
    ]
    if draft.phone:
        agreed = _("可以") if draft.consent else _("不可以，由 12349 转告")
        told.append(("contact", _("办理单位可以打给您吗"), agreed))
    if draft.behalf:
        other = [draft.behalf_name, display_phone(draft.behalf_phone) if draft.behalf_phone else ""]
        told.append(("contact", _("替谁反映"), "　".join(part for part in other if part)))
    return [Line(step, label, text, step_url(step, draft)) for step, label, text in told]


def _about(kind: str, what: str) -> str:
    """Return what somebody wants and what about, as one line."""
    wanted = {"complaint": _("反映问题"), "enquiry": _("咨询"), "help": _("求助"), "suggestion": _("建议")}.get(
        kind, ""
    )
    return labelled(wanted, what) if wanted and what else wanted or what


def refuse(request: ActorRequest, form: PublicForm, name: str, at: datetime) -> HttpResponse | None:
    """Refuse programs that fill in everything, and whoever sends steps faster than a hand can."""
    if form.from_a_program:
        reason = _("有一栏是给自动程序看的，请留空。可能是浏览器自动填上的。")
        return public.slow_down(request, reason=reason, back=_page(request, name), status=BAD_REQUEST)
    if not allow("report-steps", client_ip(request), STEPS_A_MINUTE, at):
        return public.slow_down(request, reason=_("这个网络地址一分钟里提交得太多。"), back=_page(request, name))
    return None


def _page(request: HttpRequest, name: str) -> str:
    """Return the address of the page that was posted."""
    return step_url(name, Draft(token=asked(request), named=True) if asked(request) else None)


def initial(draft: Draft, step: str) -> dict[str, Any]:
    """Return the answers of a step as its form begins with."""
    pointed = {"point_for": draft.address} if step == "where" and draft.lon is not None else {}
    return {name: getattr(draft, name) for name in ANSWERS[step]} | pointed
