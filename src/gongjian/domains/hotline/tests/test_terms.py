"""Why a term is as long as it is: told from its unit, with what prescribes it, for every term that is loaded."""

import re
from datetime import date, datetime, timedelta

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange
from django.urls import reverse
from django.utils import translation

from gongjian.casework import limits
from gongjian.casework.explain import explain
from gongjian.casework.kinds import kind_of
from gongjian.casework.limits import TermInForce
from gongjian.casework.models import Case, CaseClock, Reminder, Term
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.pages import terms
from gongjian.domains.hotline.pages.common import due_badge
from gongjian.domains.hotline.tests.staff_pages import HANDLER, at_desk, case_url, page
from gongjian.domains.hotline.workflow import CLOCKS
from gongjian.testing.cases import code_of, make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays import rules
from gongjian.workdays.queries import calendar
from gongjian.workdays.rules import Unit

DAYS_OF_WORK = re.compile(r"工作日|(?<!make-up )working day", re.IGNORECASE)
FIRST_DAY = re.compile(r"开始那天不算|first day", re.IGNORECASE)
ROUND_THE_CLOCK = re.compile(r"夜里、周末和放假也算|also at night, at weekends and on holidays", re.IGNORECASE)
OFFICE_HOURS = re.compile(r"09:00–12:00(、|, )14:00–18:00")
EVERY_DAY = re.compile(r"周末和放假也算|weekends and holidays too", re.IGNORECASE)
NO_REST_DAYS = re.compile(r"周末和放假的日子不算|weekends and holidays do not count", re.IGNORECASE)
OWN = re.compile(r"由本区自定|set by the district itself")
CJK = re.compile(r"[\u4e00-\u9fff]")
TOLD = {  # by unit: what must be said, what must not
    Unit.MINUTES: ((ROUND_THE_CLOCK,), (DAYS_OF_WORK, FIRST_DAY, NO_REST_DAYS)),
    Unit.HOURS: ((ROUND_THE_CLOCK,), (DAYS_OF_WORK, FIRST_DAY, NO_REST_DAYS)),
    Unit.WORKING_HOURS: ((OFFICE_HOURS,), (DAYS_OF_WORK, FIRST_DAY, ROUND_THE_CLOCK)),
    Unit.WORKING_DAYS: ((DAYS_OF_WORK, FIRST_DAY), (ROUND_THE_CLOCK, EVERY_DAY)),
    Unit.CALENDAR_DAYS: ((EVERY_DAY, FIRST_DAY), (DAYS_OF_WORK, NO_REST_DAYS)),
}
LANGUAGES = ("zh-hans", "en")
SHIPPED = date(2012, 7, 24)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", (MONDAY_MORNING + timedelta(hours=1)).isoformat())


def clock_of(force: TermInForce, name="answer", key="hotline.answer", moved=timedelta()) -> CaseClock:
    ends = rules.due(force.term, MONDAY_MORNING, calendar()).at
    return CaseClock(name=name, limit_key=key, started_at=MONDAY_MORNING, due_at=ends + moved)


def a_case(**detail) -> Case:
    case = Case(kind="hotline.complaint", urgency=0)
    case.request = ServiceRequest(**{"waits": 0, "extensions": 0} | detail)
    return case


def said_of(case: Case, clock: CaseClock, force: TermInForce) -> terms.Why:
    found = terms.why(case, clock, force)
    if translation.get_language() == "en":
        assert not CJK.search(found.span + found.counted + found.basis), found
    return found


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", list(Unit))
@pytest.mark.parametrize("clock", [clock.name for clock in CLOCKS])
def test_every_clock_tells_every_unit_in_its_own_words(clock, unit, language):
    must, never = TOLD[unit]
    for urgency in Case.Urgency:
        force = TermInForce(rules.Term(2, unit), SHIPPED, None, "", urgency=urgency)
        with translation.override(language):
            found = said_of(a_case(), clock_of(force, clock), force)
            assert terms.term_words(force.term) in found.span
        counted = f"{found.span.replace(terms.term_words(force.term), '')} {found.counted}"
        assert all(words.search(counted) for words in must), counted
        assert not any(words.search(counted) for words in never), counted


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_loaded_term_names_what_prescribes_it_or_that_the_district_does(language):
    for term in Term.objects.all():
        force = limits.book().term(key=term.key, urgency=term.urgency, day=SHIPPED)
        with translation.override(language):
            basis = terms.basis_words(force)
        assert "2012" in basis, term.key
        assert bool(OWN.search(basis)) != bool(term.source), term.key
        assert "参数" not in term.source + term.modelled_on
        # Drafts and rules of other places prescribe nothing here.
        assert not re.search("征求意见|北京|珠海|广东省内", term.source), term.key
    for reminder in Reminder.objects.all():
        assert "参数" not in reminder.source + reminder.modelled_on


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("unit", list(Unit))
def test_a_moment_that_the_term_does_not_give_is_told_as_one(unit, language):
    force = TermInForce(rules.Term(2, unit), SHIPPED, None, "")
    clock = clock_of(force, moved=timedelta(hours=5))
    with translation.override(language):
        told = [
            said_of(a_case(**detail), clock, force).counted
            for detail in ({}, {"waits": 1}, {"waits": 1, "extensions": 1})
        ]
        shown = terms.fixed_words(a_case(), clock)
    assert len(set(told)) == len(told)
    assert shown == told[0]
    assert not any(words.search(one) for words in (DAYS_OF_WORK, FIRST_DAY, ROUND_THE_CLOCK) for one in told)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_document_that_prescribes_a_term_is_cited_and_nothing_else(language):
    force = TermInForce(
        rules.Term(2, Unit.HOURS), date(2027, 1, 1), None, "区府办〔2026〕9号第三条", "北京市征求意见稿"
    )
    with translation.override(language):
        found = said_of(a_case(), clock_of(force), force)
    assert found.document == "区府办〔2026〕9号第三条"
    assert "2027" in found.basis
    assert not OWN.search(found.basis)


def own_term(*, amount: int, unit: Unit, source: str = "") -> None:
    day = rules.local_day(MONDAY_MORNING)
    for old in Term.objects.filter(key="hotline.answer.complaint", urgency=0):
        old.valid = DateRange(old.valid.lower, day)
        old.save()
    Term.objects.create(
        key="hotline.answer.complaint", urgency=0, amount=amount, unit=unit, valid=DateRange(day, None), source=source,
        modelled_on="别处的征求意见稿",
    )  # fmt: skip
    limits.forget()


@pytest.mark.parametrize("unit", list(Unit))
def test_the_pages_of_a_matter_explain_its_term(client, unit):
    own_term(amount=72, unit=unit, source="区府办〔2026〕9号第三条")
    case = make_request(state="in_progress")
    client.post(reverse("hotline:track"), {"number": case.number, "secret": code_of(case)})
    resident = page(client.get(reverse("hotline:track_case", args=[case.number])))
    staff = page(at_desk(HANDLER).get(case_url(case)))
    why = resident[resident.index("为什么是") : resident.index("为什么交给")]
    must, never = TOLD[unit]
    for words in (why, staff):
        assert all(one.search(words) for one in must)
        assert "区府办〔2026〕9号第三条" in words
    assert not any(one.search(why.replace("72 个工作日", "").replace("72 个工作小时", "")) for one in never)
    assert "征求意见稿" not in resident
    assert "别处的征求意见稿" in staff
    if unit in {Unit.MINUTES, Unit.HOURS}:
        assert "工作日" not in resident


def test_the_list_counts_hours_as_hours():
    at = datetime(2026, 11, 23, 9, tzinfo=rules.SHANGHAI)
    case = Case(kind="hotline.complaint", state="in_progress", opened_at=at, due_at=at + timedelta(hours=72))
    assert due_badge(case, at).left == "剩 3 天"
    case.due_at = rules.due(rules.Term(3, Unit.WORKING_DAYS), at, calendar()).at
    assert due_badge(case, at).left == "剩 3 个工作日"


def test_the_explanation_of_a_kind_says_whose_the_terms_are():
    told = explain(kind_of("hotline.complaint"), at=MONDAY_MORNING)
    rows = [line for line in told.splitlines() if line.startswith("| hotline.")]
    assert rows
    for row in rows:
        assert "set by the district itself" in row
        assert "2012-07-24" in row
        assert "参数" not in row
