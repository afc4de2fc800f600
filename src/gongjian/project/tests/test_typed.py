"""Words typed into a form that is not taken come back to whoever typed them, and to nobody else's page."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from gongjian.casework.models import Case, CaseDocument, CaseEvent
from gongjian.domains.hotline.actions.intake import register_request
from gongjian.domains.hotline.pages import report_steps, track
from gongjian.domains.hotline.tests.test_report import photo
from gongjian.identity.actor import ANONYMOUS
from gongjian.identity.models import Session, User
from gongjian.testing.cases import code_of, make_report, make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.testing.windows import Window

WORDS = "路灯三天没有亮了，<b>老人</b>看不见台阶。"
SHOWN = "路灯三天没有亮了，&lt;b&gt;老人&lt;/b&gt;看不见台阶。"
OURS = {"origin": "http://testserver"}


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def browser(**headers):
    """Return a browser that checks what a form carries, and says where its pages come from."""
    return Client(enforce_csrf_checks=True, headers=headers or OURS)


def shown(response):
    return response.content.decode()


@pytest.mark.parametrize("path", ["/report/describe", "/report", "/track/YT-2611-00001/add", "/desk/call/"])
@pytest.mark.parametrize(
    "headers",
    [
        OURS,
        {"sec-fetch-site": "same-origin"},
        {"referer": "http://testserver/report"},
        OURS | {"sec-fetch-mode": "navigate"},
    ],
)
def test_a_form_whose_token_is_gone_brings_its_words_back(path, headers):
    response = browser(**headers).post(path, {"description": WORDS, "kind": "complaint"})
    assert response.status_code == 403
    assert SHOWN in shown(response)
    assert f'action="{path}"' in shown(response)
    assert '<input type="hidden" name="kind" value="complaint">' in shown(response)
    assert "no-store" in response["Cache-Control"]


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://foreign.example"},
        {"origin": "null"},
        {"origin": "https://testserver"},
        {"origin": "http://testserver.foreign.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-origin", "origin": "https://foreign.example"},
        {"sec-fetch-site": "cross-site", "referer": "http://testserver/report"},
        {"referer": "https://foreign.example/http://testserver/"},
        {"accept-language": "zh"},
    ],
)
@pytest.mark.parametrize("path", ["/report/describe", "/desk/call/"])
def test_a_foreign_page_gets_none_of_its_words_shown(path, headers):
    client = browser(**headers)
    response = client.post(path, {"description": WORDS})
    assert response.status_code == 403
    assert "路灯" not in shown(response)
    client.handler.enforce_csrf_checks = False
    for answer in (client.post("/desk/call/", {"description": WORDS}), client.post("/desk/", {"description": WORDS})):
        assert "路灯" not in shown(answer)


@pytest.mark.parametrize(
    "form",
    [
        {"username": "张三 李四", "password": "a b c d e f"},
        {"old": "a b c d", "new": "e f g h"},
        {"kind": "complaint", "case": "YT-2611-00001"},
        {"text": "路" * 100_001},
        {f"f{n}": "路 灯" for n in range(201)},
        {},
    ],
)
def test_secrets_bare_codes_and_floods_are_not_given_back(form):
    response = browser().post("/report/describe", form)
    assert response.status_code == 403
    assert "typed-h" not in shown(response)
    assert len(response.content) < 60_000


@pytest.mark.parametrize("headers", [{"hx-request": "true"}, {"sec-fetch-mode": "cors"}])
def test_a_script_keeps_its_words_itself(headers):
    response = browser(**OURS, **headers).post("/report/describe", {"description": WORDS})
    assert "typed-h" not in shown(response)


def test_a_body_that_cannot_be_read_gets_the_plain_page():
    response = browser().generic(
        "POST", "/report/describe", b"\xff" * 100, content_type="multipart/form-data; boundary=x"
    )
    assert response.status_code in {400, 403}


def test_one_press_goes_on_with_the_words():
    client = browser()
    first = client.post(
        "/report/describe",
        {"description": WORDS, "where-address": "明珠道 3 号", "what-kind": "complaint", "what-words": "路灯不亮",
         "photos": SimpleUploadedFile("a.jpg", b"x")},
    )  # fmt: skip
    assert "照片和文件没有跟过来" in shown(first)
    window = Window(client)
    window._shown(_redirected(first), "/report/describe")
    window.press("接着提交")
    assert window.fields("description")["description"] == WORDS
    window.press("下一步").press("下一步，核对一遍")
    assert "明珠道 3 号" in window.text
    window.press("发出去")
    assert Case.objects.get().request.description == WORDS


def _redirected(response):
    response.redirect_chain = []
    return response


@pytest.mark.parametrize("ended", ["session", "cookie"])
@pytest.mark.parametrize("name", ["note", "submit", "return"])
def test_a_member_of_staff_whose_session_is_over_gets_the_words_back(name, ended):
    case = make_request(state="in_progress")
    client = Client(headers=OURS)
    sign_in(client, "zheng.haifeng")
    Session.objects.all().delete()
    if ended == "cookie":
        client.cookies.clear()
    address = reverse("hotline:case_act", args=[case.number, name])
    response = client.post(address, {"text": WORDS, "version": str(case.version)})
    assert response.status_code == 403
    assert SHOWN in shown(response)
    assert reverse("console:sign_in") in shown(response)
    assert "no-store" in response["Cache-Control"]
    assert not CaseEvent.objects.filter(case=case, move=name).exists()
    sign_in(client, "zheng.haifeng")
    window = Window(client)
    window._shown(_redirected(response), address)
    window.press("接着提交")
    if name == "note":
        assert CaseEvent.objects.filter(case=case, move="note").exists()


def sign_in(client, username):
    client.force_login(User.objects.get(username=username), backend="gongjian.identity.backends.AssignmentBackend")


def test_who_is_signed_in_now_is_named_before_words_go_out_under_another_name():
    client = browser()
    sign_in(client, "zheng.haifeng")
    response = client.post("/desk/call/", {"description": WORDS})
    assert "现在登录的是 郑海峰" in shown(response)


@pytest.mark.parametrize(
    ("act", "state", "form"),
    [
        ("add", "in_progress", {"text": WORDS}),
        ("urge", "in_progress", {"urge": WORDS}),
        ("rate", "replied", {"solved": "no", "comment": WORDS, "satisfaction": "2"}),
        ("again", "closed", {"text": WORDS}),
        ("cancel", "in_progress", {"reason": WORDS}),
    ],
)
def test_words_about_ones_own_matter_wait_for_the_proof(client, act, state, form):
    case = make_request(state=state)
    window = Window(client)
    address = reverse(f"hotline:track_{act}", args=[case.number])
    window._shown(client.post(address, form, follow=True), address)
    assert window.status == 422
    assert SHOWN in window.text
    assert case.title not in window.text
    window.type(secret="0000").press("继续", of="secret")
    assert SHOWN in window.text
    window.type(secret=code_of(case)).press("继续", of="secret")
    assert window.status == 200
    kept = window.fields("version")
    assert {name: kept[name] for name in form} == form
    assert not CaseEvent.objects.filter(case=case, public=True, at__gt=MONDAY_MORNING.replace(hour=23)).exists()


def test_an_addition_whose_proof_is_over_is_sent_in_the_end(client):
    case = make_request(state="in_progress")
    window = Window(client, reverse("hotline:track"))
    window.type(number=case.number, secret=code_of(case)).press("查进度", of="secret")
    window.open(reverse("hotline:track_add", args=[case.number]))
    Session.objects.all().delete()
    window.type(text=WORDS).press("补充上去")
    window.type(secret=code_of(case)).press("继续", of="secret").press("补充上去")
    assert SHOWN in window.text
    assert CaseEvent.objects.filter(case=case, move="add").count() == 1


def test_two_windows_of_an_addition_do_not_share_their_photos(client):
    case = make_request(state="in_progress")
    Window(client, reverse("hotline:track")).type(number=case.number, secret=code_of(case)).press("查进度", of="secret")
    address = reverse("hotline:track_add", args=[case.number])
    one, two = Window(client, address), Window(client, address)
    one.type(text="看照片。", photos=[photo(), SimpleUploadedFile("b.jpg", b"x" * 30)]).press("补充上去")
    assert "已收下 1 张照片" in one.text
    two.type(text="没有照片的一句。").press("补充上去")
    assert not CaseDocument.objects.exists()
    one.press("补充上去")
    assert CaseDocument.objects.get().event.case == case


def test_whoever_is_slowed_down_gets_the_words_back(client, monkeypatch):
    monkeypatch.setattr(report_steps, "STEPS_A_MINUTE", 1)
    window = Window(client, reverse("hotline:report"))
    window.type(words="路灯不亮 三天了").press("下一步")
    window.type(**{"address" if "/where" in window.url else "words": "明珠道 3 号"}).press("下一步")
    assert window.status == 429
    assert "明珠道 3 号" in window.text
    monkeypatch.setenv("GONGJIAN_CLOCK", (MONDAY_MORNING + timedelta(minutes=2)).isoformat())
    window.press("接着提交")
    assert window.status == 200


def test_a_field_a_browser_filled_in_by_itself_costs_nobody_the_words(client):
    window = Window(client, reverse("hotline:report"))
    window.type(words="路灯不亮 三天了", website="http://x.example").press("下一步")
    assert window.status == 400
    window.press("接着提交")
    assert window.status == 200
    assert "路灯不亮 三天了" in window.text


def test_acts_that_come_too_fast_bring_their_words_back(client, monkeypatch):
    monkeypatch.setattr(track, "ACTS_A_MINUTE", 0)
    done = register_request(report=make_report(), actor=ANONYMOUS, at=MONDAY_MORNING)
    Window(client, reverse("hotline:track")).type(number=done.number, secret=done.receipt).press("查进度", of="secret")
    window = Window(client, reverse("hotline:track_add", args=[done.number]))
    window.type(text=WORDS).press("补充上去")
    assert window.status == 429
    assert SHOWN in window.text
