"""What the case page offers is taken: no act that would be refused whatever is typed, none hidden without a word."""

from datetime import timedelta

import pytest
from django.db import transaction

from gongjian.casework.access import moves_for
from gongjian.casework.errors import CaseError
from gongjian.casework.kinds import kind_of
from gongjian.casework.models import Case
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.actions import handling
from gongjian.domains.hotline.forms.staff import VersionForm
from gongjian.domains.hotline.pages.acts import SPECS, UNEXPLAINED, cannot, form_for, open_acts
from gongjian.domains.hotline.queries import dossier
from gongjian.domains.hotline.tests.staff_pages import HANDLER, HEAD, act, at_desk, case_url, page
from gongjian.domains.hotline.workflow import KINDS, STATES
from gongjian.identity.queries import units
from gongjian.testing.cases import again, handler_of, make_request
from gongjian.testing.cast import CAST, actor
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
SOON, LATE = MONDAY_MORNING + timedelta(hours=3), MONDAY_MORNING + timedelta(days=40)
PEOPLE = ("wu.qian", HANDLER, HEAD, "ye.wanqing", "feng.zhengyi", "zhou.zhiyuan", "chen.jingyi", "han.xuefei")
VALID = {
    "text": "写好了。", "resolved": "yes", "reached": "yes", "remark": "打通了。", "days": "1", "reason": "等材料。",
    "question": "请补照片。", "granted": "yes", "basis": "三定规定第五条", "proposed_unit": "", "version": "",
    "purpose": "核对地点。", "title": "夜间施工",
}  # fmt: skip
OTHER_FIELDS = {"return": {"reason": "not_ours"}, "refuse": {"reason": "court"}}


@pytest.fixture(autouse=True)
def _district(district):
    pass


def extended(case: Case, times: int) -> Case:
    """Use up extensions; the last one waits for a decision."""
    for number in range(1, times + 1):
        handling.ask_extension(case=again(case), days=1, reason="等。", actor=handler_of(case, SOON), at=SOON)
        if number < times:
            head = handler_of(case, SOON, "unit_head")
            handling.decide_extension(case=again(case), granted=True, reason="", actor=head, at=SOON)
    return again(case)


def decided_twice(case: Case) -> Case:
    case = extended(case, 2)
    handling.decide_extension(case=case, granted=False, reason="先办。", actor=actor("feng.zhengyi", at=SOON), at=SOON)
    return again(case)


def waited(case: Case) -> Case:
    handling.ask_citizen(case=case, question="请补照片。", actor=handler_of(case, SOON), at=SOON)
    handling.resume(case=again(case), actor=handler_of(case, SOON), at=SOON)
    return again(case)


def written_by_the_reviewer(case: Case) -> Case:
    case.replies.update(written_by=actor("ye.wanqing", at=SOON).user_id)
    return case


def never_moved(case: Case) -> Case:
    """A case as an import leaves it: where it stands no step of ours has brought it."""
    Case.objects.filter(pk=case.pk).update(state="to_dispatch")
    return again(case)


def not_contacted(case: Case) -> Case:
    case.calls.all().delete()
    return case


PASTS = {
    "asked once": ("in_progress", lambda case: extended(case, 1)),
    "asked twice": ("in_progress", lambda case: extended(case, 2)),
    "extensions used up": ("in_progress", decided_twice),
    "waited already": ("in_progress", waited),
    "not contacted": ("in_progress", not_contacted),
    "own answer": ("submitted", written_by_the_reviewer),
    "never moved": ("received", never_moved),
}


def tried(case: Case, at) -> list[tuple[str, str]]:
    """Do every act that is offered to anybody, each on its own, and return those that were refused."""
    wrong = []
    for username in PEOPLE:
        who = actor(username, at=at)
        file = dossier(actor=who, number=case.number, at=at, reviews=who.can(HotlineRight.CASE_REVIEW))
        if file is None:
            continue
        offered = open_acts(file, who, at)
        for name in offered:
            error = refusal(case, name, who, at)
            if error:
                wrong.append((f"{username} {name} {case.kind} {case.state}", error))
        wrong += [
            (f"{username} {name} {case.state}", "hidden without a word") for name in hidden(file, who, at, offered)
        ]
    return wrong


def refusal(case: Case, name: str, who, at) -> str:
    form = form_of(name)
    assert form.is_valid(), (name, form.errors)
    try:
        with transaction.atomic():
            SPECS[name].run(again(case), form.cleaned_data, who, at)
            transaction.set_rollback(True)
    except CaseError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def form_of(name: str) -> VersionForm:
    there = {"unit": str(units().by_code["hbj"].id), "assist": ""}
    return form_for(name, VALID | there | OTHER_FIELDS.get(name, {}))


def hidden(file, who, at, offered) -> list[str]:
    """Return the acts that state and right allow, that are not offered, and of which the page says nothing."""
    allowed = {m.name for m in moves_for(kind=kind_of(file.case.kind), case=file.case, actor=who)}
    silent = [n for n, spec in SPECS.items() if n not in {*offered, *UNEXPLAINED, "redo"} and allowed & set(spec.moves)]
    return silent if len(silent) > len(cannot(file, who, at)) else []


@pytest.mark.parametrize("kind", [kind.key.partition(".")[2] for kind in KINDS])
def test_every_offered_act_is_taken_in_every_state(kind):
    wrong = []
    for state in STATES:
        case = make_request(state=state.name, kind=kind, urgent=state.name == "signed")
        wrong += [*tried(case, SOON), *tried(case, LATE)]
    assert wrong == []


@pytest.mark.parametrize("past", PASTS)
def test_every_offered_act_is_taken_whatever_has_been_used_up(past):
    state, change = PASTS[past]
    case = change(make_request(state=state))
    assert [*tried(case, SOON), *tried(case, LATE)] == []


def test_an_extension_is_not_offered_after_the_term_and_the_page_says_why(monkeypatch):
    case = make_request(state="in_progress")
    monkeypatch.setenv("GONGJIAN_CLOCK", LATE.isoformat())
    client = at_desk(HANDLER)
    shown = page(client.get(case_url(case)))
    assert "dialog-ask_extension" not in shown
    assert "期限已经过了，不能再申请延期。" in shown
    late = act(client, case, "ask_extension", days="1", reason="等。")
    assert late.status_code == 422
    assert "期限已经过了，不能再申请延期。" in page(late)


def test_everybody_of_the_cast_who_may_move_a_case_is_asked():
    roles = {member.role for member in CAST if member.username in PEOPLE}
    moving = {
        "unit_clerk",
        "handler",
        "unit_head",
        "reviewer",
        "supervisor",
        "dispatcher",
        "call_taker",
        "callback_agent",
    }
    assert roles == moving
