"""Leaving the demonstration: the function empties whole tables, inside the transaction of the test."""

import csv
import io
from pathlib import Path
from threading import Thread

import pytest
from django.apps import apps
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client

from gongjian.audit.models import AuditEntry, AuditSeal
from gongjian.audit.queries import verify
from gongjian.casework.models import Case, Topic
from gongjian.demo import accounts, leaving
from gongjian.documents.actions import store
from gongjian.documents.models import Document
from gongjian.documents.storage import stored_before
from gongjian.identity.actions import assign, create_api_key, create_user
from gongjian.identity.actor import ANONYMOUS, SYSTEM
from gongjian.identity.models import ApiKey, Installation, Session, Unit, User, WipedTable
from gongjian.identity.queries import demonstration, program_key
from gongjian.identity.reference import forget
from gongjian.identity.refusals import Refused
from gongjian.identity.rights import Forbidden
from gongjian.parties.models import Contact
from gongjian.testing.cases import make_request
from gongjian.testing.cast import actor, load_cast
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.clock import now

AT = MONDAY_MORNING
PASSWORD = "lantern-harbour-9"


def furnish(settings, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    settings.DEMONSTRATION = True
    forget()  # another test may have left the demonstration
    load_cast(at=AT, password=accounts.password_of, hasher=accounts.quick_hash)
    accounts.ensure_keys(at=AT)
    make_request(state="in_progress", at=AT)
    leaving.ensure_function()


@pytest.fixture
def demo(district, settings, monkeypatch):
    furnish(settings, monkeypatch)


def go(**over):
    facts = {"district_name": leaving.district(), "sure": leaving.SURE_ZH, "at": now(), **over}
    facts.setdefault("actor", None)
    return leaving.leave(**{**facts, "actor": facts["actor"] or actor("du.siyuan", at=AT)})


def test_every_table_is_kept_by_name_or_emptied():
    labels = {model._meta.label for model in apps.get_models(include_auto_created=True)}
    assert not (leaving.KEPT | leaving.ACCOUNTS) - labels
    # What holds people's data is never reference data.
    kept_people = [
        model._meta.label
        for model in apps.get_models()
        if isinstance(getattr(model, "retention", None), str) and model._meta.label in leaving.KEPT
    ]
    assert sorted(kept_people) == ["audit.AuditEntry", "audit.AuditSeal"]


def test_nothing_invented_is_left_and_the_proof_is_sealed(demo):
    program = accounts.keys()[0].key
    assert program_key(program, at=now())
    store(upload=SimpleUploadedFile("a.jpg", _picture()), kind="photo", actor=ANONYMOUS, at=AT)
    assert list(stored_before(2e12))
    topics, units = Topic.objects.count(), Unit.objects.count()
    before = leaving.counts()
    left = go()
    lines = {line.name: line for line in left.lines}
    assert lines["casework_case"].before == before["casework_case"] == 1
    assert not [line for line in left.lines if not line.kept and line.after]
    assert not any(model.objects.exists() for model in (Case, Contact, Document, ApiKey, Session, User))
    assert (Topic.objects.count(), Unit.objects.count()) == (topics, units)
    assert not list(stored_before(2e12))
    assert not demonstration()
    assert program_key(program, at=now()) is None
    with pytest.raises(accounts.NoDemonstrationError):
        accounts.password_of("du.siyuan")
    entry = AuditEntry.objects.get(action="identity.demonstration.leave")
    assert left.digest in entry.detail
    assert any(entry.pk in seal.entries for seal in AuditSeal.objects.all())
    assert verify().ok
    assert WipedTable.objects.count() == len(left.lines)
    assert left.setup_token
    with pytest.raises(Refused):
        go(actor=SYSTEM)


def _picture():
    from PIL import Image

    buffer = io.BytesIO()
    Image.new("RGB", (40, 40), "red").save(buffer, "JPEG")
    return buffer.getvalue()


def test_an_account_somebody_made_here_may_stay_with_its_desk(demo):
    real = create_user(username="zhou.lan", name="周岚", password=PASSWORD, actor=SYSTEM, at=AT)
    assign(user=real, unit=Unit.objects.get(code="zsj"), role="administrator", actor=SYSTEM, at=AT)
    assert [user.pk for user in leaving.real_things(now()).staff] == [real.pk]
    invented = User.objects.get(username="lin.jiamin")
    left = go(keep=[real.pk, invented.pk])
    assert list(User.objects.values_list("username", flat=True)) == ["zhou.lan"]
    assert real.assignments.count() == 1
    assert left.setup_token is None
    client = Client()
    assert client.post("/sign-in/", {"username": "zhou.lan", "password": PASSWORD}).status_code == 302
    client = Client()
    assert client.post("/sign-in/", {"username": "lin.jiamin", "password": "x"}).status_code == 422


@pytest.mark.parametrize(("over", "field"), [({"district_name": "别处"}, "district"), ({"sure": ""}, "sure")])
def test_it_is_refused_without_the_words_and_nothing_is_gone(demo, over, field):
    create_api_key(
        user=create_user(username="mine", name="程序", kind="program", actor=SYSTEM, at=AT),
        name="真的", rights=["hotline:case:intake"], unit=None, actor=SYSTEM, at=AT,
    )  # fmt: skip
    with pytest.raises(Refused) as refused:
        go(**over)
    assert refused.value.field == field
    assert Case.objects.exists()
    assert demonstration()


def test_a_real_installation_and_others_are_refused(demo, settings):
    with pytest.raises(Forbidden):
        go(actor=actor("he.jianping", at=AT))
    settings.DEMONSTRATION = False
    with pytest.raises(Refused):
        go()
    assert Case.objects.exists()


def test_what_fails_in_the_middle_changes_nothing(demo, monkeypatch):
    def broken(*_args, **_over):
        raise RuntimeError("killed")

    monkeypatch.setattr(leaving, "record", broken)
    with pytest.raises(RuntimeError):
        go()
    assert Case.objects.exists()
    assert demonstration()
    assert not WipedTable.objects.exists()


def test_files_go_on_where_a_kill_stopped_them(demo, monkeypatch):
    store(upload=SimpleUploadedFile("a.jpg", _picture()), kind="photo", actor=ANONYMOUS, at=AT)
    monkeypatch.setattr(leaving, "erase_files", lambda **_over: 0)
    go()
    monkeypatch.undo()
    assert list(stored_before(2e12))
    assert leaving.erase_files(at=now()) == 1
    assert Installation.objects.get().demonstration_files_gone_at
    assert not list(stored_before(2e12))


@pytest.mark.django_db(transaction=True)
def test_two_at_once_leave_once(district, settings, monkeypatch):
    furnish(settings, monkeypatch)
    done, refused = [], []

    def leave():
        try:
            done.append(go())
        except Refused as error:
            refused.append(error)
        except Exception as error:  # noqa: BLE001 - the loser may see the function refuse
            refused.append(error)
        finally:
            connection.close()

    threads = [Thread(target=leave) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 1)


def test_the_page_empties_everything_and_opens_the_set_up(demo, settings):
    client = Client()
    client.force_login(User.objects.get(username="du.siyuan"))
    page = client.get("/office/demonstration/")
    assert "照着写一遍名称" in page.text
    assert client.post("/office/demonstration/", {"district": "别处"}).status_code == 422
    done = client.post("/office/demonstration/", {"district": leaving.district(), "sure": leaving.SURE_ZH})
    assert "一行不剩" in done.text
    assert "演示环境" not in done.text
    address = done.context["setup_url"].replace("http://testserver", "")
    fresh = Client()
    unit = Unit.objects.get(code="zx12349").pk
    fresh.post(address, {"name": "周岚", "username": "zhou.lan", "unit": unit, "password": PASSWORD})
    table = list(csv.reader(io.StringIO(fresh.get("/office/demonstration/report/").text.lstrip("\ufeff"))))
    assert ["casework_case", "1", "0", ""] in table
    assert fresh.get("/office/demonstration/").status_code == 200
    assert client.get("/office/").status_code == 302
    assert Path(settings.HOME).is_dir()


def test_the_page_is_for_administrators(demo):
    client = Client()
    client.force_login(User.objects.get(username="he.jianping"))
    assert client.get("/office/demonstration/").status_code == 403
    assert client.post("/office/demonstration/", {"district": leaving.district()}).status_code == 403


def test_the_function_goes_with_the_demonstration(demo):
    go()
    leaving.ensure_function()
    with connection.cursor() as cursor:
        cursor.execute("select count(*) from pg_proc where proname = %s", [leaving.FUNCTION])
        assert cursor.fetchone()[0] == 0
    assert settings.TESTING
