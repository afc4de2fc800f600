"""Between midnight and eight the day in UTC is yesterday; whatever leaves the house carries the day in Shenzhen."""

import io
import time
from argparse import Namespace
from datetime import datetime, timedelta
from urllib.parse import unquote

import pytest
from django.test import Client
from django.urls import reverse
from python_calamine import CalamineWorkbook

from gongjian.audit import retention
from gongjian.domains.hotline.actions import taking
from gongjian.domains.hotline.models import ListExport
from gongjian.domains.hotline.queries import forget
from gongjian.identity.models import User
from gongjian.notify.models import Channel, Message, State
from gongjian.project import maintenance
from gongjian.project.backup import making
from gongjian.project.commands import maintenance as switch
from gongjian.testing.cases import make_request
from gongjian.testing.paper import pdf_text
from gongjian.workdays.rules import SHANGHAI, local_day

pytestmark = pytest.mark.django_db
# The first of a month and of a year, the leap day and the day after it.
DAYS = ["2026-12-01", "2027-01-01", "2028-02-29", "2028-03-01"]
HANDLER, CLERK, SUPERVISOR, LEADER = "zheng.haifeng", "wu.qian", "feng.zhengyi", "song.yuanhang"
AUDITOR, ADMINISTRATOR = "pan.ruilin", "du.siyuan"


@pytest.fixture(params=DAYS)
def night(request, district, monkeypatch, settings) -> datetime:
    """Half past midnight of a day; the clock of the house stands at half past seven of the same morning."""
    began = datetime.fromisoformat(f"{request.param}T00:30").replace(tzinfo=SHANGHAI)
    monkeypatch.setenv("GONGJIAN_CLOCK", (began + timedelta(hours=7)).isoformat())
    settings.SECOND_FACTOR_ENFORCED = False
    forget()
    return began


def at_desk(username: str, language: str = "zh-hans") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(User.objects.get(username=username), backend="gongjian.identity.backends.AssignmentBackend")
    return client


def content(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


def text_of(answer) -> str:
    """Return what a person reads in a file."""
    found = content(answer)
    if found.startswith(b"%PDF"):
        return pdf_text(found)
    if found.startswith(b"PK"):
        rows = CalamineWorkbook.from_filelike(io.BytesIO(found)).get_sheet_by_index(0).to_python()
        return "\n".join(str(cell) for row in rows for cell in row)
    return found.decode()


def lost_message(at: datetime) -> Message:
    return Message.objects.create(
        recipient_user=User.objects.get(username=HANDLER),
        channel=Channel.SMS, urgency="ordinary", template="hotline/received", language="zh-hans", subject="", body="x",
        variables={}, link="", dedupe="lost", state=State.FAILED, reason="refused", detail="", due_at=at, tries=5,
        reference="", created_at=at,
    )  # fmt: skip


def take(name: str, *, at: datetime):
    """Take one kind of file as somebody who may have it, with one case and one lost message in it."""
    case = make_request(state="in_progress", at=at)
    lost_message(at)
    lists = reverse("hotline:take_list", args=["inbox"])
    if name == "work orders":
        other = make_request(state="in_progress", at=at)
        chosen = [f"{one.number}:{one.version}" for one in (case, other)]
        return at_desk(CLERK).post(reverse("hotline:orders"), {"case": chosen})
    who, url = {
        "search": (SUPERVISOR, reverse("hotline:export")),
        "list": (HANDLER, f"{lists}?tab=unit"),
        "workbook": (HANDLER, f"{lists}?tab=unit&as=xlsx"),
        "figures": (LEADER, reverse("hotline:figures_data")),
        "record": (AUDITOR, reverse("console:audit_table")),
        "undelivered": (ADMINISTRATOR, reverse("console:undelivered_table")),
    }[name]
    return at_desk(who).get(url)


@pytest.mark.parametrize("name", ["search", "list", "workbook", "figures", "record", "undelivered", "work orders"])
def test_a_file_is_named_after_the_day_in_shenzhen_and_tells_its_times(night, name):
    answer = take(name, at=night)
    assert answer.status_code == 200
    today, yesterday = str(local_day(night)), str(local_day(night - timedelta(days=1)))
    called = unquote(answer["Content-Disposition"])
    assert today in called
    assert yesterday not in called
    text = text_of(answer)
    assert yesterday not in text
    assert today in text or name == "figures"  # which end with the day before


def test_a_long_list_is_named_after_the_day_it_was_asked_for(night, monkeypatch):
    monkeypatch.setattr(taking, "AT_ONCE", 0)
    take("workbook", at=night)
    taking.write_list(export_id=ListExport.objects.get().pk, at=night + timedelta(hours=20))
    assert str(local_day(night)) in ListExport.objects.get().document.title


def test_the_page_of_lost_notices_and_its_table_tell_one_time(night):
    lost_message(night)
    client = at_desk(ADMINISTRATOR)
    page = text_of(client.get(reverse("console:undelivered")))
    table = text_of(client.get(reverse("console:undelivered_table")))
    assert f"{night:%Y-%m-%dT%H:%M}+08:00" in page
    assert f"{night:%Y-%m-%d %H:%M}" in table


def test_an_answer_is_dated_by_the_day_it_was_given(night):
    case = make_request(state="replied", at=night)
    letter = text_of(at_desk(HANDLER).get(reverse("hotline:reply_pdf", args=[case.number]))).replace(" ", "")
    assert f"{night.year}年{night.month}月{night.day}日" in letter


def test_months_of_retention_are_those_of_the_calendar_here(night):
    before = retention.cutoff("message", night)
    assert before is not None
    assert before.astimezone(SHANGHAI).day == min(night.day, 28 if night.month == 2 else 31)
    assert before.astimezone(SHANGHAI).month == night.month


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/Los_Angeles"])
def machine_zone(request, monkeypatch):
    """The time zone in which this machine runs."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine_zone")
def test_the_zone_of_the_machine_says_nothing(night, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GONGJIAN_HOME", str(tmp_path))
    maintenance.switch_on(at=night, until=None, reason="", home=tmp_path)
    switch.main(Namespace(state="status"))
    assert f"{night:%Y-%m-%d %H:%M}" in capsys.readouterr().out
    assert f"{night:%Y%m%d-%H%M}" in making.name_of(night)
