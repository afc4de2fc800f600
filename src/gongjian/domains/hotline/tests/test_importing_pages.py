"""The import in the browser: who may, each step once, nothing written before the last one."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from gongjian.audit.models import AuditEntry
from gongjian.casework.models import Case
from gongjian.documents.models import Document
from gongjian.domains.hotline.actions import importing as acts
from gongjian.domains.hotline.bulk.importing import run
from gongjian.domains.hotline.models import ImportBatch, ReplyDraft
from gongjian.domains.hotline.queries.importing import TASK, all_faults
from gongjian.domains.hotline.tests.staff_pages import AT, CLERK, SUPERVISOR, at_desk, page
from gongjian.identity.models import User
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.clock import later

pytestmark = pytest.mark.django_db
GOOD = "原编号,状态,登记时间,办结时间,内容\nA1,已办结,2025-03-01,2025-03-04,路灯不亮\nA2,在办,2026-11-01,,油烟大\n"
WRONG = GOOD + "A3,已办结,2025-03-09,2025-03-01,先办后登\n"


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch, settings, tmp_path):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def client():
    return at_desk(SUPERVISOR)


def hand_in(client, content=GOOD, name="旧.csv", **fields):
    upload = SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)
    return client.post(reverse("hotline:imports"), {"program": "旧热线", "file": upload, **fields})


def at_page(batch):
    return reverse("hotline:import", args=[batch.pk])


def columns(**over):
    titles = {
        "external_number": "原编号",
        "status": "状态",
        "opened_at": "登记时间",
        "closed_at": "办结时间",
        "description": "内容",
    }
    return {**{f"column_{k}": v for k, v in titles.items()}, "coordinates": "wgs84", **over}


def checked(client, content=GOOD, **over):
    hand_in(client, content)
    batch = ImportBatch.objects.latest("pk")
    client.post(at_page(batch), {"act": "check", **columns(**over)})
    run(batch.pk, at=AT)
    return batch


def state_of(batch):
    return ImportBatch.objects.get(pk=batch.pk).state


def test_a_file_goes_step_by_step_and_nothing_is_written_before_the_last(client):
    answer = hand_in(client, WRONG)
    batch = ImportBatch.objects.get()
    assert answer.url == at_page(batch)
    assert "先办后登" in page(client.get(at_page(batch)))
    assert client.post(at_page(batch), {"act": "check", **columns()}).status_code == 302
    assert state_of(batch) == "checking"
    assert ProcrastinateJob.objects.filter(task_name=TASK).count() == 1
    run(batch.pk, at=AT)
    assert "办结时间早于登记时间" in page(client.get(at_page(batch)))
    assert not Case.objects.exists()
    client.post(at_page(batch), {"act": "confirm"})
    assert state_of(batch) == "writing"
    run(batch.pk, at=AT)
    assert (state_of(batch), Case.objects.count()) == ("done", 2)
    run(batch.pk, at=AT)  # the queue may hand a job out twice
    assert Case.objects.count() == 2
    told = set(AuditEntry.objects.filter(object_kind="import_batch").values_list("action", flat=True))
    assert told == {f"hotline.import.{act}" for act in ("hand_in", "checking", "writing", "done")}


def test_an_undo_is_asked_for_once_and_only_within_the_day(client):
    batch = checked(client)
    client.post(at_page(batch), {"act": "confirm"})
    run(batch.pk, at=AT)
    ImportBatch.objects.update(finished_at=later(AT, hours=-25))
    answer = client.post(at_page(batch), {"act": "undo"}, follow=True)
    assert "满 24 小时" in page(answer)
    ImportBatch.objects.update(finished_at=AT)
    client.post(at_page(batch), {"act": "undo"})
    run(batch.pk, at=AT)
    assert (state_of(batch), Case.objects.count()) == ("undone", 0)
    assert "已经不在" in page(client.post(at_page(batch), {"act": "discard"}, follow=True))


def written(client, content=GOOD, **over):
    batch = checked(client, content, **over)
    client.post(at_page(batch), {"act": "confirm"})
    run(batch.pk, at=AT)
    return batch


def test_what_an_undo_left_is_listed_with_the_reason_and_tried_again(client):
    batch = written(client)
    held = Case.objects.get(request__external_number="A1")
    draft = ReplyDraft.objects.create(case=held, user=User.objects.get(username=SUPERVISOR), text="您好", saved_at=AT)
    client.post(at_page(batch), {"act": "undo"})
    run(batch.pk, at=AT)
    said = page(client.get(at_page(batch)))
    assert "删去新件 1 件，恢复原样 0 件" in said
    assert held.number in said
    assert "有人正在写答复" in said
    draft.delete()
    client.post(at_page(batch), {"act": "undo"})
    run(batch.pk, at=AT)
    said = page(client.get(at_page(batch)))
    assert "删去新件 2 件" in said
    assert "再撤销一次" not in said
    assert "已经不在" in page(client.post(at_page(batch), {"act": "undo"}, follow=True))


def test_what_is_not_followed_is_told_before_and_after_the_last_step(client):
    named = GOOD.replace("内容\n", "内容,诉求人\n").replace("不亮\n", "不亮,甲某\n").replace("烟大\n", "烟大,\n")
    written(client, named, column_name="诉求人")
    again = checked(client, named.replace("甲某", "乙某").replace("烟大", "烟很大"), column_name="诉求人")
    for _ in range(2):
        said = page(client.get(at_page(again)))
        assert "没有跟着改的" in said
        assert "来源里联系人变了" in said
        client.post(at_page(again), {"act": "confirm"})
        run(again.pk, at=AT)
    assert list(all_faults(again)) == []  # none of them is handed out as a wrong row


def test_a_step_that_stopped_in_the_middle_goes_on_by_a_button(client):
    batch = checked(client)
    client.post(at_page(batch), {"act": "confirm"})
    assert "接着做" not in page(client.get(at_page(batch)))
    assert "没有停住" in page(client.post(at_page(batch), {"act": "resume"}, follow=True))
    with connection.cursor() as cursor:
        cursor.execute("update procrastinate_jobs set status = 'failed' where task_name = %s", [TASK])
    assert "接着做" in page(client.get(at_page(batch)))
    client.post(at_page(batch), {"act": "resume"})
    assert "接着做" not in page(client.get(at_page(batch)))
    run(batch.pk, at=AT)
    assert (state_of(batch), Case.objects.count()) == ("done", 2)
    assert AuditEntry.objects.filter(action="hotline.import.resume").count() == 1


def test_giving_up_takes_the_file_away(client):
    batch = checked(client, WRONG)
    answer = client.post(at_page(batch), {"act": "discard"})
    assert (state_of(batch), answer.status_code) == ("checked", 200)
    assert "放弃，删去文件" in page(answer)
    client.post(at_page(batch), {"act": "discard", "sure": "1"})
    assert state_of(batch) == "discarded"
    assert Document.objects.get().sha256 == ""
    assert client.get(reverse("hotline:import_wrong", args=[batch.pk])).status_code == 404


def test_the_columns_can_be_chosen_again(client):
    batch = checked(client, WRONG)
    client.post(at_page(batch), {"act": "again"})
    assert state_of(batch) == "uploaded"
    answer = client.post(at_page(batch), {"act": "check", **columns(column_status="")})
    assert (answer.status_code, state_of(batch)) == (422, "uploaded")


def test_a_file_without_good_rows_cannot_be_written(client):
    batch = checked(client, GOOD.replace("2025-03-04", "x").replace("2026-11-01", "y"))
    assert "没有要写入的行" in page(client.post(at_page(batch), {"act": "confirm"}, follow=True))
    assert state_of(batch) == "checked"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", b"%PDF-1.7\n"), ("a.jpg", b"\xff\xd8\xff\xe0" + b"0" * 60), ("a.csv", b"a,b\0c"), ("a.csv", b"")],
)
def test_what_is_no_table_is_refused_at_its_field(client, name, content):
    answer = hand_in(client, content, name)
    assert answer.status_code == 422
    assert "file" in answer.context["form"].errors
    assert not ImportBatch.objects.exists()


def test_a_mapping_file_that_is_wrong_is_refused_at_its_field(client):
    answer = hand_in(client, mapping=SimpleUploadedFile("m.toml", b"colour = 1"))
    assert "mapping" in answer.context["form"].errors


def test_a_mapping_file_fills_the_columns(client):
    said = '[columns]\nexternal_number = "号"\n[values.status]\n"ok" = "closed"\n'
    content = "号,状态,登记时间,办结时间,内容\nZ9,ok,2025-03-01,2025-03-04,路灯\n"
    hand_in(client, content, mapping=SimpleUploadedFile("m.toml", said.encode()))
    form = client.get(at_page(ImportBatch.objects.get())).context["form"]
    assert form["column_external_number"].value() == "号"
    assert form["closed"].value() == "ok"


def test_the_template_and_the_wrong_rows_are_workbooks(client):
    batch = checked(client, WRONG)
    for url in (reverse("hotline:import_template"), reverse("hotline:import_wrong", args=[batch.pk])):
        answer = client.get(url)
        assert io.BytesIO(b"".join(answer.streaming_content)).read(2) == b"PK"


def test_who_has_no_right_gets_nothing():
    clerk = at_desk(CLERK)
    for name, args in (("imports", []), ("import", [1]), ("import_template", []), ("import_wrong", [1])):
        assert clerk.get(reverse(f"hotline:{name}", args=args)).status_code == 403


def test_the_list_costs_the_same_whatever_its_length(client):
    client.get(reverse("hotline:imports"))
    for n in range(40):
        acts.begin(program="旧热线", file_name=f"{n}.csv", mapping="", actor=acts.SYSTEM, at=AT)
    with assert_at_most_queries(9):
        answer = client.get(reverse("hotline:imports"))
    assert len(answer.context["lines"]) == 30
    assert "more_url" in answer.context
    assert len(client.get(reverse("hotline:imports") + answer.context["more_url"]).context["lines"]) == 10


def test_a_page_of_a_running_import_asks_again_by_itself(client):
    batch = checked(client)
    client.post(at_page(batch), {"act": "confirm"})
    said = page(client.get(at_page(batch)))
    assert 'http-equiv="refresh"' in said
    assert "every 2s" in said
