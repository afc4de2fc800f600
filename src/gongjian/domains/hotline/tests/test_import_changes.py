"""A record that comes again: whatever its row says now the case says too, or somebody is told; and back again."""

import csv
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongjian.casework.models import Case, CaseClock, CaseEvent, EventText
from gongjian.casework.sweeps import sweep_clocks
from gongjian.domains.hotline.actions import forgetting
from gongjian.domains.hotline.actions.handling import supervise
from gongjian.domains.hotline.bulk.importing import facts, writing
from gongjian.domains.hotline.bulk.importing.answers import answers_now
from gongjian.domains.hotline.bulk.importing.layout import FIELDS
from gongjian.domains.hotline.models import ImportBatch, ImportChange, ImportedCase, ImportRow
from gongjian.domains.hotline.queries.importing import faults
from gongjian.domains.hotline.queries.near import similar
from gongjian.domains.hotline.queries.open311 import forget_offer
from gongjian.domains.hotline.sweeps import count_figures
from gongjian.domains.hotline.tests.records import (
    case_of,
    counts,
    everything,
    file_of,
    take_back,
    take_in,
    undone,
)
from gongjian.figures.models import IndicatorValue
from gongjian.identity.models import Unit
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING

pytestmark = pytest.mark.django_db
SUPERVISOR = "feng.zhengyi"
SOON = MONDAY_MORNING + timedelta(minutes=5)
OPEN_ROW = {
    "external_number": "R-1", "status": "在办", "opened_at": "2026-11-20 09:30", "closed_at": "", "kind": "complaint",
    "topic": "street-lights", "title": "路灯不亮", "description": "海山路路灯三天不亮", "reply": "", "address": "海山路 1 号",
    "answers": "", "lon": "114.237", "lat": "22.557", "unit": "yantian-sub", "channel": "phone", "urgency": "普通",
    "confidential": "否", "name": "甲某", "phone": "13800006021", "email": "a@example.cn",
}  # fmt: skip
CLOSED_ROW = OPEN_ROW | {
    "status": "已办结", "opened_at": "2025-03-01 09:30", "closed_at": "2025-03-04 16:00", "reply": "已换灯泡",
}  # fmt: skip
# Another value for each column of a file; where a column cannot change alone, what goes with it.
OTHER = {
    "status": {"status": "已办结", "closed_at": "2026-11-21 10:00", "reply": "已换灯泡"},
    "opened_at": {"opened_at": "2025-02-01 08:00"},
    "closed_at": {"closed_at": "2025-03-05 09:00"},
    "kind": {"kind": "enquiry"},
    "topic": {"topic": "env-site-noise"},
    "title": {"title": "路灯坏了"},
    "description": {"description": "海山路路灯四天不亮，还冒火花"},
    "reply": {"reply": "已换灯杆"},
    "address": {"address": "海山路 2 号"},
    "answers": {"answers": "FAULT：out；POLE：YT0321；；东"},
    "lon": {"lon": "114.2401"},
    "lat": {"lat": "22.5571"},
    "unit": {"unit": "housing"},
    "channel": {"channel": "sms"},
    "urgency": {"urgency": "危急"},
    "confidential": {"confidential": "是"},
    "name": {"name": "乙某"},
    "phone": {"phone": "13800007000"},
    "email": {"email": "b@example.cn"},
}
ONLY_CLOSED, ONLY_OPEN = {"closed_at"}, {"status"}


@pytest.fixture(autouse=True)
def _at_hand(district):
    """Every test begins with the reference data and no case."""


@pytest.fixture(autouse=True)
def _codes(monkeypatch):
    """Write two units of the district into the rows."""
    codes = list(Unit.objects.filter(active=True).order_by("pk").values_list("code", flat=True)[:2])
    monkeypatch.setitem(OPEN_ROW, "unit", codes[0])
    monkeypatch.setitem(CLOSED_ROW, "unit", codes[0])
    monkeypatch.setitem(OTHER, "unit", {"unit": codes[1]})


def written(folder, *rows, name="records.csv"):
    path = folder / name
    with path.open("w", newline="") as file:
        out = csv.DictWriter(file, rows[0])
        out.writeheader()
        out.writerows(rows)
    return path


def facts_of(number="R-1", program="old-12349"):
    """Return what the case of a record says, by the one list; which batch wrote it is another matter."""
    imported = ImportedCase.objects.select_related("case__request").get(
        case__request__external_number=number, case__request__source_program=program
    )
    return facts.facts_now(imported) | {"answers": answers_now(imported.pk)}


def words_of(program):
    """Return the search vector of the one case of a program."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select t.grams::text from casework_casetext t join hotline_servicerequest q on q.case_id = t.case_id"
            " where q.source_program = %s",
            [program],
        )
        return cursor.fetchone()[0]


def test_the_columns_of_a_file_are_all_looked_at():
    assert set(OTHER) == set(OPEN_ROW) - {"external_number"} == FIELDS - {"external_number"}


def test_an_import_remembers_whatever_it_changes():
    kept = {f.attname for f in ImportChange._meta.concrete_fields}
    assert kept - {"id", "batch_id", "case_id", "latest_id", "digest", "answers"} == {f.column for f in facts.FACTS}
    assert set(facts.COMPARED) <= {f.attname for f in ImportRow._meta.concrete_fields}


@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("column", OTHER)
def test_a_change_of_any_column_is_written_or_told_and_can_be_taken_back(tmp_path, column, is_open):
    if column in (ONLY_CLOSED if is_open else ONLY_OPEN):
        return
    row = OPEN_ROW if is_open else CLOSED_ROW
    first, second = written(tmp_path, row), written(tmp_path, row | OTHER[column], name="again.csv")
    take_in(first)
    before, held = everything(), facts_of()
    batch = take_in(second, at=SOON)
    take_in(second, program="fresh")
    if column in facts.STAYS:
        assert counts(batch) == (1, 0, 0, 1, 0, 0)
        assert batch.not_followed == 1
        told = faults(batch, 9, taken=True)
        assert [(at, field) for at, field, _said in told] == [(2, "kind" if column == "kind" else "name")]
        assert "没有跟着改" in told[0][2]
        assert facts_of() == held
    else:
        assert counts(batch) == (1, 0, 1, 0, 0, 0)
        assert not faults(batch, 9, taken=True)
        assert facts_of() != held
        # As if the case had come like this in the first place.
        assert facts_of() == facts_of(program="fresh")
        assert words_of("old-12349") == words_of("fresh")
    take_back(ImportBatch.objects.get(program="fresh"), SOON)
    take_back(batch, SOON)
    assert everything() == before
    assert counts(take_in(first, at=SOON))[2:4] == (0, 1)
    assert counts(take_in(second, at=SOON))[2:4] == counts(batch)[2:4]


WORDS = st.text("路灯井盖海山路三天不亮０Ａ，。 x1", min_size=1, max_size=12).filter(str.strip)
DAYS = st.integers(0, 300)


@st.composite
def rows(draw):
    """One state of a record, as its source may tell it at some time."""
    opened = MONDAY_MORNING - timedelta(days=draw(DAYS), minutes=draw(st.integers(-1_000, 1_000)))
    closed = draw(st.booleans())
    ended = min(opened + timedelta(minutes=draw(st.integers(0, 400_000))), MONDAY_MORNING + timedelta(hours=20))
    place = draw(st.sampled_from([("", ""), ("114.237", "22.557"), ("114.2401", "22.5571"), ("-87.66", "41.80")]))
    return {
        "external_number": "R-1",
        "status": draw(st.sampled_from(["已办结", "closed"] if closed else ["在办", "open"])),
        "opened_at": f"{opened:%Y-%m-%d %H:%M}",
        "closed_at": f"{max(opened, ended):%Y-%m-%d %H:%M}" if closed else "",
        "kind": draw(st.sampled_from(["complaint", "enquiry", ""])),
        "topic": draw(st.sampled_from(["street-lights", "env-site-noise", ""])),
        "title": draw(WORDS | st.just("")),
        "description": draw(WORDS),
        "reply": draw(WORDS | st.just("")),
        "address": draw(WORDS | st.just("")),
        "lon": place[0],
        "lat": place[1],
        "unit": draw(st.sampled_from([OPEN_ROW["unit"], OTHER["unit"]["unit"], ""])),
        "channel": draw(st.sampled_from(["phone", "sms", ""])),
        "urgency": draw(st.sampled_from(["普通", "紧急", "危急", ""])),
        "confidential": draw(st.sampled_from(["是", "否"])),
        "name": draw(st.sampled_from(["甲某", "乙某", ""])),
        "phone": draw(st.sampled_from(["13800006021", "138 0000 7000", ""])),
        "email": "",
    }


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=rows(), second=rows(), hours=st.integers(0, 23))
def test_an_undo_puts_every_row_back_whatever_changed(tmp_path, first, second, hours):
    """The second state is followed as if it were the first; taken back, nothing is left of it; counts are true."""
    with transaction.atomic():
        take_in(written(tmp_path, first))
        before, held = everything(), facts_of()
        was = Case.objects.get()
        at = MONDAY_MORNING + timedelta(minutes=1)
        batch = take_in(written(tmp_path, second, name="again.csv"), at=at)
        assert batch.updated == ImportChange.objects.count() == (facts_of() != held)
        assert sum(counts(batch)[1:]) == batch.read == 1
        if not batch.rejected:
            take_in(written(tmp_path, second, name="again.csv"), at=at, program="fresh")
            now, fresh = facts_of(), facts_of(program="fresh")
            # Only what is over for thirty days by the first word of it is archived at once.
            assert now | {"state": ""} == fresh | {"state": ""}
            assert (now["state"] == "to_dispatch") == (fresh["state"] == "to_dispatch")
            take_back(ImportBatch.objects.get(program="fresh"), at)
        take_back(batch, at + timedelta(hours=hours))
        assert undone(batch) == (0, batch.updated, 0)
        after = everything()
        assert after == before
        assert Case.objects.get().version >= was.version
        assert counts(take_in(written(tmp_path, first), at=at + timedelta(hours=hours)))[1:4] == (0, 0, 1)
        transaction.set_rollback(True)


def test_what_is_in_already_is_known_again_by_later_versions(tmp_path):
    """The digest of a row may never come out differently: it stands in every case that was imported."""
    head = "原编号,状态,登记时间,办结时间,类别,标题,内容,答复,地点,经度,纬度,紧急程度,保密"
    lines = [
        "D-1,已办结,2025-03-01 09:30,2025-03-04 16:00,street-lights,路灯不亮,海山路路灯三天不亮,ＬＥＤ 灯已更换 ,海山路 12 号,114.237,22.557,紧急,是",
        "D-2,在办,2026-11-01,,,,楼下烧烤店油烟大,,,,,,",
    ]
    take_in(file_of(tmp_path, *lines, head=head))
    assert [bytes(case_of(n).imported.digest).hex() for n in ("D-1", "D-2")] == [
        "d4354c3e0f50360b5fe19588ee468763", "39aa03caf07ed7b75f71c2447dafc745",
    ]  # fmt: skip


def public(client):
    """Return the numbers that anybody reads of."""
    found = client.get("/open311/v2/requests.json").json()
    near = similar(lon=114.237, lat=22.557, topic_id=case_of("R-1").topic_id, at=MONDAY_MORNING)
    shown = {row["service_request_id"] for row in found}
    assert set(Case.objects.filter(pk__in=[one.case_id for one in near]).values_list("number", flat=True)) == shown
    return shown


@pytest.fixture
def _morning(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", SOON.isoformat())
    forget_offer()
    yield
    forget_offer()


@pytest.mark.usefixtures("_morning")
def test_what_is_confidential_in_its_source_is_confidential_here_at_once(tmp_path, client):
    first = written(tmp_path, OPEN_ROW)
    take_in(first)
    assert public(client) == {case_of("R-1").number}
    batch = take_in(written(tmp_path, OPEN_ROW | {"confidential": "是"}, name="b.csv"), at=SOON)
    assert (batch.updated, public(client)) == (1, set())
    # A row that does not say it opens nothing.
    silent = {name: said for name, said in OPEN_ROW.items() if name != "confidential"}
    assert take_in(written(tmp_path, silent, name="c.csv"), at=SOON).unchanged == 1
    assert take_in(written(tmp_path, OPEN_ROW | {"confidential": ""}, name="d.csv"), at=SOON).unchanged == 1
    assert public(client) == set()
    take_back(batch, SOON)
    assert public(client) == {case_of("R-1").number}
    take_in(written(tmp_path, OPEN_ROW | {"confidential": "是"}), at=SOON)
    assert take_in(written(tmp_path, OPEN_ROW), at=SOON).updated == 1
    assert public(client) == {case_of("R-1").number}


@pytest.mark.usefixtures("_morning")
def test_a_case_people_work_on_becomes_confidential_too_and_nothing_else_of_it_changes(tmp_path, client):
    take_in(written(tmp_path, OPEN_ROW))
    supervise(case=case_of("R-1"), text="请先看现场", actor=actor(SUPERVISOR), at=MONDAY_MORNING)
    batch = take_in(written(tmp_path, OPEN_ROW | {"confidential": "是", "title": "改了标题"}), at=SOON)
    assert (counts(batch), batch.not_followed) == ((1, 0, 1, 0, 0, 0), 1)
    assert "其余没有跟着改" in faults(batch, 9, taken=True)[0][2]
    assert (public(client), case_of("R-1").title) == (set(), "路灯不亮")
    take_back(batch, SOON)
    assert (undone(batch), public(client)) == ((0, 0, 1), set())
    # Again the row says more than is followed, and nothing of it is left to follow.
    assert take_in(written(tmp_path, OPEN_ROW | {"confidential": "是", "title": "改了标题"})).rejected == 1


@pytest.mark.parametrize(
    ("column", "wrong"), [("confidentiality", 0), ("urgency", 2), ("channel", "web"), ("opened_at", SOON)]
)
def test_a_case_that_does_not_say_what_its_row_says_is_put_right_though_the_digest_is_the_same(tmp_path, column, wrong):
    """As older versions left it: counted as updated, and not written."""
    path = written(tmp_path, OPEN_ROW | {"confidential": "是"})
    take_in(path)
    Case.objects.update(**{column: wrong})
    assert counts(take_in(path, at=SOON)) == (1, 0, 1, 0, 0, 0)
    assert getattr(case_of("R-1"), column) != wrong
    assert counts(take_in(path, at=SOON)) == (1, 0, 0, 1, 0, 0)


def test_a_case_that_people_changed_is_not_put_right(tmp_path):
    path = written(tmp_path, OPEN_ROW)
    take_in(path)
    supervise(case=case_of("R-1"), text="请先看现场", actor=actor(SUPERVISOR), at=MONDAY_MORNING)
    Case.objects.update(urgency=2)
    assert counts(take_in(path, at=SOON)) == (1, 0, 0, 1, 0, 0)


def test_where_a_record_lay_is_read_in_its_history(tmp_path):
    take_in(written(tmp_path, OPEN_ROW))
    unit = Unit.objects.get(code=OPEN_ROW["unit"])
    case = case_of("R-1")
    assert (case.holder_unit, case.imported.unit) == (None, unit)
    assert EventText.objects.get(event__case=case).body == f"old-12349 R-1，状态：在办，单位：{unit.short_zh}"
    take_in(written(tmp_path, OPEN_ROW | OTHER["unit"]), at=SOON)
    other = Unit.objects.get(code=OTHER["unit"]["unit"])
    assert EventText.objects.filter(body=f"old-12349 R-1，状态：在办，单位：{other.short_zh}").count() == 1


def test_a_case_that_became_urgent_is_due_sooner_and_an_undo_gives_the_time_back(tmp_path):
    take_in(written(tmp_path, OPEN_ROW))
    Case.objects.update(due_at=MONDAY_MORNING + timedelta(days=2))
    CaseClock.objects.update(due_at=MONDAY_MORNING + timedelta(days=2))
    before = everything()
    batch = take_in(written(tmp_path, OPEN_ROW | {"urgency": "危急"}), at=SOON)
    case = case_of("R-1")
    assert SOON < case.due_at < MONDAY_MORNING + timedelta(days=1)
    assert case.due_at == case.clocks.get().due_at
    take_back(batch, SOON)
    assert everything() == before
    take_in(written(tmp_path, OPEN_ROW | {"urgency": "危急"}), at=SOON)
    due_at = case_of("R-1").due_at
    take_in(written(tmp_path, OPEN_ROW), at=SOON)  # nobody gets more time by this
    assert case_of("R-1").due_at == due_at


def test_a_term_that_ended_while_a_wrong_import_had_closed_the_case_is_overdue_after_the_undo(tmp_path):
    take_in(written(tmp_path, OPEN_ROW))
    due_at = case_of("R-1").due_at
    batch = take_in(written(tmp_path, OPEN_ROW | OTHER["status"]), at=SOON)
    sweep_clocks(at=due_at + timedelta(hours=1))
    take_back(batch, due_at + timedelta(hours=2))
    sweep_clocks(at=due_at + timedelta(hours=2))
    case = case_of("R-1")
    assert case.events.filter(move="overdue").exists()
    assert case.clocks.get().breached_at is not None


def test_figures_are_what_they_were(tmp_path):
    def figures():
        day = MONDAY_MORNING.date()
        count_figures(first=day - timedelta(days=900), last=day, at=MONDAY_MORNING)
        return sorted(
            IndicatorValue.objects.values_list("indicator", "day", "unit", "numerator", "denominator"), key=str
        )

    take_in(written(tmp_path, OPEN_ROW, CLOSED_ROW | {"external_number": "R-2"}))
    before = figures()
    other = OPEN_ROW | OTHER["status"] | OTHER["opened_at"] | OTHER["topic"]
    closed = CLOSED_ROW | OTHER["unit"] | OTHER["opened_at"] | {"external_number": "R-2"}
    batch = take_in(written(tmp_path, other, closed), at=SOON)
    assert figures() != before
    take_back(batch, SOON)
    assert figures() == before


def test_a_case_somebody_takes_up_between_check_and_last_step_is_left_to_them(tmp_path, monkeypatch):
    take_in(written(tmp_path, OPEN_ROW))
    real = writing.classify

    def classify(batch):
        real(batch)
        supervise(case=case_of("R-1"), text="请先看现场", actor=actor(SUPERVISOR), at=MONDAY_MORNING)

    monkeypatch.setattr(writing, "classify", classify)
    batch = take_in(written(tmp_path, OPEN_ROW | {"title": "改了标题"}), at=SOON)
    assert counts(batch) == (1, 0, 0, 0, 0, 1)
    assert case_of("R-1").number in faults(batch, 9)[0][2]
    assert (case_of("R-1").title, ImportChange.objects.count()) == ("路灯不亮", 0)


def test_a_row_that_is_only_written_differently_changes_nothing(tmp_path):
    take_in(written(tmp_path, CLOSED_ROW))
    events = CaseEvent.objects.count()
    batch = take_in(written(tmp_path, CLOSED_ROW | {"reply": "已换灯泡　"}), at=SOON)
    assert counts(batch) == (1, 0, 0, 1, 0, 0)
    assert CaseEvent.objects.count() == events
    assert counts(take_in(written(tmp_path, CLOSED_ROW | {"reply": "已换灯泡　"}), at=SOON)) == (1, 0, 0, 1, 0, 0)


def test_the_same_person_written_in_another_way_is_no_change(tmp_path):
    take_in(written(tmp_path, OPEN_ROW))
    batch = take_in(written(tmp_path, OPEN_ROW | {"phone": "138 0000 6021", "name": " 甲某 "}), at=SOON)
    assert (batch.unchanged, batch.not_followed) == (1, 0)


def test_after_contact_data_were_erased_nothing_is_left_to_compare_with(tmp_path):
    take_in(written(tmp_path, CLOSED_ROW))
    forgetting.forget_contacts(at=MONDAY_MORNING + timedelta(days=20_000))
    assert case_of("R-1").imported.contact_index is None
    assert take_in(written(tmp_path, CLOSED_ROW | {"name": "乙某"}), at=SOON).not_followed == 0


def test_a_program_whose_clock_is_ahead_can_close_what_it_opened(tmp_path):
    later, next_day = "2026-11-24 01:00", "2026-11-24 02:00"
    take_in(written(tmp_path, OPEN_ROW | {"opened_at": later}))
    batch = take_in(
        written(tmp_path, OPEN_ROW | {"opened_at": later, "status": "已办结", "closed_at": next_day}), at=SOON
    )
    assert (batch.updated, case_of("R-1").state) == (1, "closed")
    take_back(batch, SOON)
    assert case_of("R-1").closed_at is None
