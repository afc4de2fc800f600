"""Records of another program: in once, however often they are imported, and out again within a day."""

import json
import os
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.utils.translation import override
from python_calamine import CalamineWorkbook

from gongjian.casework.models import Case, CaseClock, CaseEvent, EventText, Tally, TallyDelta
from gongjian.documents.sheets import Column as SheetColumn
from gongjian.documents.sheets import write_xlsx
from gongjian.documents.tables import MissingColumns, read, write_template
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.actions.handling import supervise
from gongjian.domains.hotline.bulk.importing import (
    Layout,
    LayoutError,
    table_of,
    write_fault_file,
)
from gongjian.domains.hotline.models import ImportBatch, ImportChange, ImportedCase, ImportFault, ServiceRequest
from gongjian.domains.hotline.queries.importing import faults, kept, may_undo, repeats
from gongjian.domains.hotline.tests.records import (
    HEAD,
    OPEN,
    case_of,
    counts,
    district_tally,
    done,
    file_of,
    take_back,
    take_in,
)
from gongjian.parties.models import Contact
from gongjian.project.cli import run
from gongjian.project.terminal import Refusal
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.testing.killing import kill_at

pytestmark = pytest.mark.django_db
PROJECT = Path(__file__).parents[5]
CHICAGO = PROJECT.parent / "shared/data/chicago_sanitation_311.csv.gz"
MAPPING = PROJECT / "docs/import/chicago-311.toml"
SUPERVISOR = "feng.zhengyi"


@pytest.fixture(autouse=True)
def _at_hand(district):
    """Every test begins with the reference data and no case."""


def test_a_finished_record_becomes_history_without_clocks(tmp_path):
    batch = take_in(file_of(tmp_path, done()))
    assert counts(batch) == (1, 1, 0, 0, 0, 0)
    case = case_of("A1")
    assert (case.state, case.due_at, case.imported.original_status) == ("archived", None, "已办结")
    assert case.number.startswith("YT-2503-")
    assert case.opened_at == datetime(2025, 3, 1, 1, 30, tzinfo=UTC)
    assert case.closed_at == datetime(2025, 3, 4, 8, 0, tzinfo=UTC)
    assert not CaseClock.objects.exists()
    assert case.community_id is not None
    assert not case.imported.outside
    assert case.request.reply == "已更换"
    contact = case.parties.get().contact
    assert (contact.mask_name, contact.phone.open()) == ("刘**", "+8613800006021")
    moves = list(case.events.order_by("pk").values_list("move", flat=True))
    assert moves == ["register", "source_closed", "archive"]
    assert EventText.objects.filter(event__case=case, public=False).get().body == "old-12349 A1，状态：已办结"


def test_an_open_record_waits_on_the_dispatch_desk_with_a_clock_from_now(tmp_path):
    take_in(file_of(tmp_path, OPEN))
    case = case_of("A2")
    assert case.state == "to_dispatch"
    clock = case.clocks.get()
    assert (clock.name, clock.started_at) == ("dispatch", MONDAY_MORNING)
    assert case.due_at == clock.due_at
    assert case.request.lon is None
    assert case.title == "楼下烧烤店油烟大"


def test_a_record_is_found_by_the_number_it_had(tmp_path):
    take_in(file_of(tmp_path, done()))
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from casework_casetext where grams @@ %s::tsquery", ["'a1'"])
        assert cursor.fetchone()[0] == 1


def test_a_second_run_changes_nothing(tmp_path):
    path = file_of(tmp_path, done(), OPEN)
    take_in(path)
    events = CaseEvent.objects.count()
    assert counts(take_in(path)) == (2, 0, 0, 2, 0, 0)
    assert CaseEvent.objects.count() == events
    assert district_tally() == {"archived": 1, "to_dispatch": 1}


def test_the_same_number_of_another_program_is_another_case(tmp_path):
    path = file_of(tmp_path, OPEN)
    take_in(path)
    assert take_in(path, program="street-office").created == 1


def test_a_record_that_was_finished_meanwhile_is_closed_here(tmp_path):
    take_in(file_of(tmp_path, OPEN))
    later = MONDAY_MORNING + timedelta(days=3)
    line = "A2,已办结,2026-11-01,2026-11-24 10:00,,,楼下烧烤店油烟大,已整改,,114.237,22.557,,,"
    batch = take_in(file_of(tmp_path, line), at=later)
    assert counts(batch) == (1, 0, 1, 0, 0, 0)
    case = case_of("A2")
    assert (case.state, case.due_at, case.request.reply) == ("closed", None, "已整改")
    assert case.closed_at == datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
    assert case.request.lon == 114.237
    assert case.clocks.get().stopped_at == later
    assert counts(take_in(file_of(tmp_path, line), at=later)) == (1, 0, 0, 1, 0, 0)
    assert district_tally() == {"closed": 1}


def test_a_case_people_work_on_is_not_overwritten(tmp_path):
    take_in(file_of(tmp_path, OPEN))
    case = case_of("A2")
    supervise(case=case, text="请先看现场", actor=actor(SUPERVISOR), at=MONDAY_MORNING)
    batch = take_in(file_of(tmp_path, OPEN.replace("油烟大", "油烟很大")))
    assert counts(batch) == (1, 0, 0, 0, 0, 1)
    assert case.number in faults(batch, 9)[0][2]
    assert case_of("A2").request.description == "楼下烧烤店油烟大"


def test_a_record_reopened_elsewhere_is_left_to_people(tmp_path):
    take_in(file_of(tmp_path, done()))
    batch = take_in(file_of(tmp_path, "A1,在办,2025-03-01 09:30,,,,又不亮了,,,,,,,"))
    assert (batch.rejected, case_of("A1").state) == (1, "archived")


def test_of_a_repeated_number_the_later_completion_wins(tmp_path):
    early, late = done(), done(**{"2025-03-04 16:00": "2025-03-09 16:00"})
    batch = take_in(file_of(tmp_path, late, early, OPEN.replace("A2", "A1")))
    assert counts(batch) == (3, 1, 0, 0, 2, 0)
    assert repeats(batch, 9) == [(3, 2, "A1"), (4, 2, "A1")]
    assert case_of("A1").closed_at == datetime(2025, 3, 9, 8, 0, tzinfo=UTC)


def test_wrong_rows_are_told_at_their_column_and_the_good_ones_written(tmp_path):
    wrong = [
        ",在办,2025-01-01,,,,没有编号,,,,,,,",
        "B2,结束了,2025-01-01,,,,状态不认识,,,,,,,",
        "B3,已办结,2025-01-05,2025-01-01,,,先办结后登记,,,,,,,",
        "B4,已办结,2025-01-05,,,,没有办结时间,,,,,,,",
        "B5,在办,2030-01-01,,,,还没发生,,,,,,,",
        "B6,在办,2025-01-01,,,,只有经度,,,114.2,,,,",
        "B7,在办,2025-01-01,,不存在的类别,,类别,,,,,,,",
        "B8,在办,2025-01-01,,,,电话不对,,,,,,,12",
        "B9,在办,2025-01-01,,,,,,,,,,,",
    ]
    batch = take_in(file_of(tmp_path, done(), *wrong))
    assert counts(batch) == (10, 1, 0, 0, 0, 9)
    fields = [field for _row, field, _said in faults(batch, 99)]
    assert fields == [
        "external_number", "status", "closed_at", "closed_at", "opened_at", "lat", "topic", "phone", "description",
    ]  # fmt: skip
    out = tmp_path / "wrong.xlsx"
    write_fault_file(batch, tmp_path / "records.csv", Layout(), out, language="zh-hans", at=MONDAY_MORNING)
    rows = CalamineWorkbook.from_path(str(out)).get_sheet_by_index(0).to_python()
    assert rows[0] == [*HEAD.split(","), "错误原因"]
    assert len(rows) == 10
    assert all(row[-1] for row in rows[1:])


def test_places_outside_are_flagged_and_kept(tmp_path):
    batch = take_in(file_of(tmp_path, done(**{"114.237": "-87.66", "22.557": "41.80"})))
    case = case_of("A1")
    assert (batch.outside, case.imported.outside, case.community_id, case.request.lat) == (1, True, None, 41.80)


def test_a_date_alone_on_the_same_day_is_no_contradiction(tmp_path):
    take_in(file_of(tmp_path, done(**{"2025-03-04 16:00": "2025-03-01"})))
    assert case_of("A1").closed_at == case_of("A1").opened_at


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_what_chinese_desks_save_is_read(tmp_path, encoding):
    assert take_in(file_of(tmp_path, done(), encoding=encoding)).created == 1


def test_numbers_of_this_month_go_on_with_those_of_new_cases(tmp_path):
    lines = [OPEN.replace("A2", f"N{n}") for n in range(60)]
    take_in(file_of(tmp_path, *lines))
    from gongjian.testing.cases import make_request

    assert make_request().number not in set(
        Case.objects.exclude(request__external_number=None).values_list("number", flat=True)
    )


def test_a_mapping_that_makes_no_sense_is_refused_with_the_reason():
    for said in ("x = [", "colour = 1", "[columns]\nnonsense = 'x'", "time_zone = 'Moon'", "coordinates = 'bd09'"):
        with pytest.raises(LayoutError) as refused:
            Layout.from_toml(said)
        with override("en"):
            assert not re.search("[一-鿿]", str(refused.value))
    with pytest.raises(LayoutError, match="topic"):
        table_of(Layout.from_toml("[fixed]\ntopic = 'nothing'"), at=MONDAY_MORNING)


def test_a_mapping_is_the_same_after_it_was_written_down():
    layout = Layout.from_toml(MAPPING.read_text())
    assert Layout.from_toml(layout.to_toml()) == layout


def test_a_file_without_the_number_is_refused_whole(tmp_path):
    with pytest.raises(MissingColumns, match="原编号"):
        take_in(file_of(tmp_path, "x", head="标题"))
    assert not Case.objects.exists()


def test_the_template_is_a_file_that_can_be_imported(tmp_path):
    path = tmp_path / "t.xlsx"
    write_template(path, table_of(Layout(), at=MONDAY_MORNING), "zh-hans")
    assert list(read(path, table_of(Layout(), at=MONDAY_MORNING))) == []


def test_an_undo_takes_new_cases_away_with_everything(tmp_path):
    batch = take_in(file_of(tmp_path, done(), OPEN))
    take_back(batch, MONDAY_MORNING + timedelta(hours=23))
    for model in (Case, CaseEvent, EventText, ServiceRequest, ImportedCase, CaseClock, Contact):
        assert not model.objects.exists(), model
    assert (batch.state, batch.kept) == ("undone", 0)
    assert district_tally() == {}
    assert Tally.objects.filter(n__lt=0).count() + TallyDelta.objects.count() == 0


def test_an_undo_leaves_what_people_have_worked_on_and_lists_it(tmp_path):
    batch = take_in(file_of(tmp_path, done(), OPEN))
    case = case_of("A2")
    supervise(case=case, text="请先看现场", actor=actor(SUPERVISOR), at=MONDAY_MORNING)
    take_back(batch, MONDAY_MORNING)
    assert [(one.number, one.why) for one in kept(batch)] == [(case.number, "有人办过")]
    assert batch.kept == 1
    assert Case.objects.get() == case


def test_an_undo_gives_changed_cases_back_what_they_were(tmp_path):
    first = take_in(file_of(tmp_path, OPEN))
    later = MONDAY_MORNING + timedelta(minutes=5)
    line = "A2,已办结,2026-11-01,2026-11-20,,改了标题,改了内容,已整改,,114.237,22.557,,,"
    second = take_in(file_of(tmp_path, line), at=later)
    assert ImportChange.objects.count() == 1
    take_back(second, later)
    case = case_of("A2")
    assert (case.state, case.closed_at, case.title) == ("to_dispatch", None, "楼下烧烤店油烟大")
    assert (case.request.description, case.request.reply, case.request.lon) == ("楼下烧烤店油烟大", "", None)
    assert case.due_at == case.clocks.get().due_at
    assert case.imported.latest_id == first.pk
    assert district_tally() == {"to_dispatch": 1}
    assert counts(take_in(file_of(tmp_path, OPEN), at=later)) == (1, 0, 0, 1, 0, 0)


def test_an_import_that_a_later_one_changed_is_not_undone_over_it(tmp_path):
    first = take_in(file_of(tmp_path, OPEN))
    take_in(file_of(tmp_path, OPEN.replace("油烟大", "油烟很大")))
    take_back(first, MONDAY_MORNING)
    assert (first.kept, Case.objects.count()) == (1, 1)


def test_after_a_day_nothing_is_undone_and_the_file_goes(tmp_path):
    batch = take_in(file_of(tmp_path, done(), ",在办,2025-01-01,,,,没有编号,,,,,,,"))
    later = MONDAY_MORNING + timedelta(hours=25)
    assert not may_undo(batch, later)
    with connection.cursor() as cursor, pytest.raises(Exception, match="not being undone"):
        cursor.execute("select hotline_undo_import(%s, %s)", [batch.pk, later])


def test_a_day_later_the_rows_are_gone_and_the_cases_stay(tmp_path):
    batch = take_in(file_of(tmp_path, done(), ",在办,2025-01-01,,,,没有编号,,,,,,,"))
    assert acts.sweep(at=MONDAY_MORNING + timedelta(hours=25)) == 1
    assert acts.sweep(at=MONDAY_MORNING + timedelta(hours=25)) == 0
    assert not ImportFault.objects.exists()
    batch.refresh_from_db()
    assert (batch.created, batch.swept_at is not None, Case.objects.count()) == (1, True, 1)


# The command.


def test_the_command_ends_with_one_object(tmp_path, capsys):
    path = file_of(tmp_path, done(), done(), ",在办,2025-01-01,,,,没有编号,,,,,,,")
    words = ["hotline", "import", str(path), "--program", "old", "--json"]
    assert run([*words, "--dry-run"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {k: told[k] for k in ("read", "created", "updated", "unchanged", "repeated", "rejected")} == {
        "read": 3, "created": 1, "updated": 0, "unchanged": 0, "repeated": 1, "rejected": 1,
    }  # fmt: skip
    assert not Case.objects.exists()
    assert not ImportBatch.objects.exists()
    assert run(words) == 0
    assert json.loads(capsys.readouterr().out)["created"] == 1
    assert run(["hotline", "import", "--undo", str(ImportBatch.objects.get().pk), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == []
    assert not Case.objects.exists()


@pytest.mark.parametrize("words", [[], ["none.csv", "--program", "x"], ["--undo", "99"]])
def test_the_command_says_what_is_missing(words):
    with pytest.raises(Refusal):
        run(["hotline", "import", *words])


def test_a_workbook_of_two_thousand_rows_is_written_and_its_bad_rows_explained(tmp_path):
    path = tmp_path / "book.xlsx"
    rows = (
        [f"X{n}", "已办结", "2025-05-01", "2025-05-02" if n % 100 else "2024-01-01", f"第{n}件"] for n in range(2000)
    )
    write_xlsx(path, [SheetColumn(t) for t in ("原编号", "状态", "登记时间", "办结时间", "内容")], rows)
    batch = take_in(path)
    assert (batch.read, batch.created, batch.rejected, ImportFault.objects.count()) == (2000, 1980, 20, 20)


@pytest.mark.slow
@pytest.mark.skipif(not CHICAGO.exists(), reason="no ../shared/data: the real file of Chicago is not here")
def test_the_file_of_chicago(tmp_path):
    layout = Layout.from_toml(MAPPING.read_text())
    batch = take_in(CHICAGO, layout=layout, program=layout.program)
    assert counts(batch) == (74401, 74026, 0, 0, 375, 0)
    assert (batch.placeless, batch.still_open) == (24, 325)
    assert batch.outside == 74026 - 24
    assert not CaseClock.objects.exclude(case__closed_at=None).exists()
    with connection.cursor() as cursor:
        cursor.execute("select original_status, count(*) from hotline_importedcase group by 1")
        assert sum(n for _status, n in cursor.fetchall()) == 74026
    assert counts(take_in(CHICAGO, layout=layout, program=layout.program)) == (74401, 0, 0, 74026, 375, 0)


KILLED = """
import sys, django
django.setup()
from django.db import connections
connections["default"].settings_dict["NAME"] = sys.argv[1]
from gongjian.project.cli import run
run(["hotline", "import", sys.argv[2], "--program", "killed", "--json"])
"""


@pytest.mark.django_db(transaction=True)
def test_an_import_killed_in_the_middle_leaves_nothing_and_is_done_again(tmp_path):
    lines = [f"K{n},已办结,2025-05-01,2025-05-02,,,第{n}件,,,,,,," for n in range(12_000)]
    path = file_of(tmp_path, *lines)
    name = connection.settings_dict["NAME"]
    kill_at("casework_caseevent", [sys.executable, "-c", KILLED, name, str(path)], os.environ)
    assert Case.objects.count() == 0
    assert not ImportBatch.objects.exists()
    batch = take_in(path, program="killed")
    assert counts(batch) == (12_000, 12_000, 0, 0, 0, 0)
    assert Case.objects.count() == 12_000
