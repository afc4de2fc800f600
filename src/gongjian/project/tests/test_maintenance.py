from argparse import Namespace
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from gongjian.project import maintenance
from gongjian.project.commands import maintenance as switch
from gongjian.project.middleware import MaintenanceMiddleware
from gongjian.project.terminal import Refusal
from gongjian.workdays.clock import now


@pytest.fixture
def on(settings, tmp_path):
    settings.HOME = tmp_path
    maintenance.switch_on(at=now(), until=now() + timedelta(minutes=20), reason="升级到新版本", home=tmp_path)
    return tmp_path


def test_people_get_a_page_with_the_phone_and_a_time(on):
    answer = Client().get("/")  # no database is touched: the test has none
    text = answer.content.decode()
    assert answer.status_code == 503
    assert 1100 < int(answer["Retry-After"]) <= 1200
    assert "升级到新版本" in text
    assert "tel:12349" in text
    assert "您已经提交的都在" in text
    assert "Content-Security-Policy" in answer.headers


def test_posts_too_and_forms_are_not_lost_by_a_token_check(on):
    assert Client(enforce_csrf_checks=True).post("/report", {"text": "x"}).status_code == 503


def test_programs_get_a_problem_document(on):
    for path in ("/api/v1/hotline/cases", "/open311/v2/services.json"):
        answer = Client().get(path)
        assert (answer.status_code, answer["Content-Type"]) == (503, "application/problem+json")
        assert answer.json()["detail"] == "升级到新版本"


def test_health_and_static_files_answer_as_ever(on):
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/static/web/css/base.css").status_code != 503


def test_off_again_within_a_second(on):
    watch = maintenance.Watch(on)
    assert watch.now() is not None
    assert maintenance.switch_off(home=on)
    assert not maintenance.switch_off(home=on)
    watch.looked -= 2
    assert watch.now() is None


def test_a_file_made_by_hand_counts(settings, tmp_path):
    settings.HOME = tmp_path
    (tmp_path / "maintenance").touch()
    assert Client().get("/").status_code == 503


def test_a_time_that_is_over_asks_to_come_back_soon():
    at = datetime(2026, 11, 23, 9, tzinfo=UTC)
    told = maintenance.Notice(at, at - timedelta(hours=1), "")
    assert maintenance.retry_after(told, at=at) == 30
    assert maintenance.retry_after(maintenance.Notice(at, None, ""), at=at) == 300


def test_without_the_file_nothing_is_in_the_way(settings, tmp_path, rf):
    settings.HOME = tmp_path
    assert MaintenanceMiddleware(lambda _request: "page")(rf.get("/")) == "page"


def command(state: str, **over) -> int:
    return switch.main(Namespace(state=state, **({"minutes": 0, "reason": ""} | over)))


def test_the_command_line_switches_it(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("GONGJIAN_HOME", str(tmp_path))
    assert command("status") == 0
    assert command("on", minutes=20, reason="搬迁") == 0
    found = maintenance.read(tmp_path)
    assert found is not None
    assert found.reason == "搬迁"
    assert timedelta(minutes=19) < found.until - found.since < timedelta(minutes=21)
    assert command("status") == 1
    assert command("off") == 0
    assert maintenance.read(tmp_path) is None
    assert "gongjian maintenance off" in capsys.readouterr().out


def test_without_a_data_folder_it_says_which_is_missing(monkeypatch, tmp_path):
    monkeypatch.setenv("GONGJIAN_HOME", str(tmp_path / "nowhere"))
    with pytest.raises(Refusal, match="GONGJIAN_HOME"):
        command("on")
