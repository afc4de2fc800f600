"""Reference data: complete, twice without change, and never over what administrators changed."""

import tomllib
from datetime import UTC, date, datetime, time

import pytest
from django.db.backends.postgresql.psycopg_any import DateRange

from gongjian.casework import limits
from gongjian.casework.models import Reminder, Term, Topic
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.actions.reference import DATA, NoticeText, load_reference, publish_notices
from gongjian.domains.hotline.models import (
    DispatchRule,
    EmergencyWord,
    EverydayWord,
    Notice,
    RejectReason,
    ServiceHours,
)
from gongjian.domains.hotline.workflow import CLOCKS, KINDS, MOVES
from gongjian.places.spelling import spell
from gongjian.workdays.rules import Unit as TermUnit

AT = datetime(2026, 11, 23, 1, tzinfo=UTC)
TABLES = (Topic, DispatchRule, Term, Reminder, RejectReason, EmergencyWord, EverydayWord, ServiceHours)


def everything():
    return {model: list(model.objects.order_by("pk").values()) for model in TABLES}


def test_a_second_load_changes_nothing(district, django_assert_max_num_queries):
    before = everything()
    with django_assert_max_num_queries(30):
        load_reference(at=AT)
    assert everything() == before
    assert all(before.values())


def test_every_topic_has_a_rule_a_unit_and_an_english_name(district):
    known = queries.catalogue(AT)
    assert len(known.groups) >= 12
    assert len(known.leaves) >= 65
    for topic in known.leaves:
        assert topic.rule_id, topic.code
        assert topic.lead_unit_id
        assert topic.catalogue == "2026-10"
        assert topic.reason_zh.endswith("。")
        assert topic.reason_en.endswith(".")
    for topic in known.topics.values():
        assert topic.name_en.isascii()
        assert not topic.name_zh.isascii()


def test_clauses_are_unique_and_tiles_come_first(district):
    known = queries.catalogue(AT)
    assert len({t.clause for t in known.leaves}) == len(known.leaves)
    first = [t for t in known.topics.values() if t.order < 100]
    assert [t.order for t in first] == list(range(1, 13))
    assert all(t.parent_id for t in first)


def test_pinyin_is_what_people_type(district):
    for topic in queries.catalogue(AT).topics.values():
        spelled = spell(topic.name_zh, {})
        assert topic.pinyin == f"{spelled.pinyin} {spelled.initials}", topic.name_zh


def limit_keys():
    kinds = [kind.key.partition(".")[2] for kind in KINDS]
    return {
        *(clock.limit for clock in CLOCKS),
        *(f"hotline.answer.{kind}" for kind in kinds),
        *DispatchRule.objects.values_list("limit_key", flat=True),
        "hotline.urge",
        "hotline.reopen",
        "hotline.archive",
    }


@pytest.mark.parametrize("day", [date(2012, 7, 24), date(2026, 11, 23), date(2040, 1, 1)])
def test_every_limit_has_a_term_at_every_urgency(district, day):
    book = limits.book()
    for key in limit_keys():
        terms = [book.term(key=key, urgency=urgency, day=day) for urgency in (0, 1, 2)]
        assert all(term.first == date(2012, 7, 24) for term in terms), key


def test_no_term_and_no_reminder_is_idle(district):
    assert set(Term.objects.values_list("key", flat=True)) == limit_keys()
    assert set(Reminder.objects.values_list("key", flat=True)) <= limit_keys()
    moves = {move.name for move in MOVES}
    for reminder in Reminder.objects.all():
        assert reminder.move in moves
        assert reminder.unit == "" if reminder.when == "share" else reminder.unit in set(TermUnit)


def test_every_answer_is_reminded_and_escalated(district):
    for key in {k for k in limit_keys() if k.startswith("hotline.answer")}:
        assert set(Reminder.objects.filter(key=key).values_list("move", flat=True)) == {"remind", "escalate"}


def test_what_the_installation_entered_stays(district):
    shipped = Term.objects.get(key="hotline.callback")
    day = date(2027, 1, 1)
    shipped.valid = DateRange(shipped.valid.lower, day)
    shipped.save()
    local = Term.objects.create(
        key="hotline.callback", urgency=0, amount=2, unit="working_days", valid=DateRange(day, None), source="本区规定"
    )
    rule = DispatchRule.objects.get(topic__code="street-lights")
    rule.valid = DateRange(rule.valid.lower, day)
    rule.save()
    ours = DispatchRule.objects.create(
        topic=rule.topic, catalogue="2026-10+1", clause="5.3", lead_unit=rule.lead_unit, limit_key=rule.limit_key,
        reason_zh="职责界定。", reason_en="Decided.", valid=DateRange(day, None),
    )  # fmt: skip
    before = everything()
    load_reference(at=AT)
    assert everything() == before
    local.refresh_from_db()
    ours.refresh_from_db()
    assert (local.amount, ours.catalogue) == (2, "2026-10+1")


def test_what_administrators_changed_is_never_overwritten(district):
    Term.objects.filter(key="hotline.callback").update(amount=9)
    DispatchRule.objects.filter(topic__code="street-lights").update(clause="99")
    Topic.objects.filter(code="street-lights").update(name_en="Lamps", active=False)
    ended = DateRange(date(2012, 7, 24), date(2026, 1, 1))
    EmergencyWord.objects.filter(word="着火").update(valid=ended)
    RejectReason.objects.filter(code="court").update(reason_zh="在打官司。")
    ServiceHours.objects.filter(words_zh__startswith="回访").update(closes=time(20))
    before = everything()
    load_reference(at=AT)
    assert everything() == before


def test_what_is_missing_comes_back(district):
    EverydayWord.objects.filter(word="欠薪").delete()
    Reminder.objects.filter(key="hotline.sign").delete()
    load_reference(at=AT)
    assert EverydayWord.objects.filter(word="欠薪", topic__code="work-wages").count() == 1
    assert Reminder.objects.filter(key="hotline.sign").count() == 3


def test_a_local_topic_stays(district):
    Topic.objects.create(code="local-only", domain="hotline", name_zh="本地", name_en="Local", pinyin="bendi bd")
    load_reference(at=AT)
    assert Topic.objects.filter(code="local-only", active=True).exists()


def test_emergency_words_are_short_and_known_once(district):
    with (DATA / "emergency_words.toml").open("rb") as file:
        groups = tomllib.load(file).values()
    words = [word for group in groups for word in group["words"]]
    assert len(words) == len(set(words)) == EmergencyWord.objects.count() >= 60
    assert {group["service"] for group in groups} == {"110", "119", "120"}


def test_reasons_are_complete_in_both_languages(district):
    reasons = queries.catalogue(AT).reasons
    assert 6 <= len(reasons) <= 9
    for reason in reasons:
        assert reason.reason_en.isascii()
        assert reason.channel_en.isascii()
        assert reason.source


def test_somebody_answers_the_hotline_at_every_hour(district):
    hours = queries.hours(AT)
    assert sorted(hours[0].weekdays) == [1, 2, 3, 4, 5, 6, 7]
    assert all(h.words_en.isascii() for h in hours)


@pytest.mark.django_db
def test_notices_are_published_once(django_assert_num_queries):
    notice = NoticeText("停水", "Water off", "今晚。", "Tonight.", starts_at=AT)
    assert publish_notices(notices=[notice]) == 1
    assert publish_notices(notices=[notice]) == 0
    assert Notice.objects.get().title_en == "Water off"
    assert [n.title_zh for n in queries.notices(AT)] == ["停水"]
