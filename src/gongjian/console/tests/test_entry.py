import re
from datetime import timedelta

import pytest
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice

from gongjian.audit.models import AuditEntry
from gongjian.console.tests.visits import PHONE, SIGN_IN, address, code_of, enter, resident, signed_in
from gongjian.identity.actions import password_link
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import Session, SignInCode, User
from gongjian.identity.queries import units
from gongjian.identity.tests.people import PASSWORD, staff
from gongjian.notify.models import Message
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.clock import now

ME = "/me/"


def test_staff_sign_in_and_come_to_where_they_wanted(client):
    staff(password=PASSWORD)
    page = client.get(f"{SIGN_IN}?next=/me/sessions/")
    assert 'name="next" value="/me/sessions/"' in page.text
    assert 'autocomplete="username"' in page.text
    assert 'autocomplete="current-password"' in page.text
    assert 'autocomplete="one-time-code"' in page.text
    client.cookies["gj_look"] = "normal.1.normal.light.on"
    answer = enter(client, next="/me/sessions/")
    assert (answer.status_code, answer.url) == (302, "/me/sessions/")
    assert client.get("/me/sessions/").status_code == 200


def test_a_new_device_is_told_how_its_reader_reads(client):
    staff(password=PASSWORD)
    User.objects.update(language="en", mode="elder", text_step=2)
    answer = enter(client)
    assert answer.url.startswith("/look/choose/?language=en&mode=elder&text=2")
    client.get(answer.url)
    assert client.cookies["gj_look"].value.startswith("elder.2")
    assert client.cookies["gj_lang"].value == "en"


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "http:evil.example"],
)
def test_nobody_is_sent_to_another_site(client, wanted):
    staff(password=PASSWORD)
    client.cookies["gj_look"] = "normal.1.normal.light.on"
    assert enter(client, next=wanted).url == "/start/"
    assert "evil" not in client.get(f"{SIGN_IN}?next={wanted}").text


def test_a_wrong_password_and_an_unknown_name_look_the_same(client):
    staff(password=PASSWORD)
    known, unknown = enter(client, password="wrong"), enter(Client(REMOTE_ADDR="10.0.0.9"), "nobody")
    assert known.status_code == unknown.status_code == 422
    said = [re.search(r'id="errors".*?</div>', page.text, re.DOTALL).group() for page in (known, unknown)]
    assert said[0] == said[1]
    assert "工号或密码不对" in said[0]
    assert "<title>错误：" in known.text
    assert PASSWORD not in known.text
    assert "wrong" not in known.text


def test_what_is_missing_is_named(client):
    page = client.post(SIGN_IN, {})
    assert page.status_code == 422
    assert "还没填“工号或政务邮箱”。" in page.text


def test_after_five_failures_the_page_says_how_long_to_wait(client):
    staff(password=PASSWORD)
    for _ in range(4):
        enter(client, password="wrong")
    page = enter(client, password="wrong")
    assert page.status_code == 429
    assert "先锁 15 分钟，09:15 以后再试" in page.text
    assert enter(client).status_code == 429
    assert AuditEntry.objects.filter(action="identity.sign_in.refused", detail="locked").count() == 2


def test_one_address_cannot_try_a_hundred_names(client, monkeypatch):
    monkeypatch.setattr("gongjian.console.pages.entry.now", lambda: MONDAY_MORNING)  # hashing takes its time
    answers = [enter(client, f"name-{n}", "wrong").status_code for n in range(33)]
    assert answers[:30] == [422] * 30
    assert 429 in answers[30:]


def test_the_form_needs_its_token():
    client = Client(enforce_csrf_checks=True)
    assert enter(client).status_code == 403


def test_the_cookie_is_kept_from_scripts_and_other_sites(client):
    staff(password=PASSWORD)
    enter(client)
    cookie = client.cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_planted_session_key_does_not_survive(client):
    staff(password=PASSWORD)
    client.get(SIGN_IN)
    session = client.session
    session["x"] = 1
    session.save()
    client.cookies["sessionid"] = planted = session.session_key
    enter(client)
    assert client.cookies["sessionid"].value != planted
    thief = Client()
    thief.cookies["sessionid"] = planted
    assert thief.get("/me/").status_code == 302


def test_the_code_is_asked_on_the_next_page(client):
    user = staff(password=PASSWORD)
    TOTPDevice.objects.create(user=user, confirmed=True, name="a")
    client.cookies["gj_look"] = "normal.1.normal.light.on"
    answer = enter(client, next=ME)
    assert answer.url == "/sign-in/code/?next=%2Fme%2F"
    assert client.get(ME).status_code == 302
    page = client.post("/sign-in/code/", {"code": "abc", "next": ME})
    assert page.status_code == 422
    assert "动态码不对" in page.text
    TOTPDevice.objects.update(throttling_failure_count=0)
    assert client.post("/sign-in/code/", {"code": code_of(user), "next": ME}).url == ME
    assert client.get(ME).status_code == 200


def test_a_wrong_code_beside_the_password_leads_to_the_code_page(client):
    user = staff(password=PASSWORD)
    TOTPDevice.objects.create(user=user, confirmed=True, name="a")
    answer = enter(client, code="000000")
    assert answer.url == "/sign-in/code/"
    assert "动态码不对" in client.get(answer.url).text


def test_the_code_page_without_a_password_before_it(client):
    assert client.get("/sign-in/code/").url == SIGN_IN


@pytest.mark.parametrize(
    ("role", "page"),
    [("administrator", "/office/"), ("auditor", "/office/audit/"), ("operator", "/office/operations/")],
)
def test_work_begins_where_the_rights_are(role, page):
    assert signed_in(staff(role=role)).get("/start/").url == page


def test_who_is_signed_in_need_not_sign_in():
    assert signed_in(staff()).get(SIGN_IN).url == "/start/"
    assert signed_in(staff("other")).get("/start/").status_code == 302


def test_signing_out_is_a_post_and_ends_the_session():
    client = signed_in(staff())
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/").url == SIGN_IN
    assert client.get(ME).status_code == 302
    assert not Session.objects.exists()
    assert client.post("/sign-out/").status_code == 302


def ask(client, phone="138 1234 5678", **more):
    return client.post(PHONE, {"phone": phone, **more})


def shown(page):
    return re.search(r'id="demo-code">(\d{6})<', page.text).group(1)


def test_a_resident_signs_in_by_phone(client):
    client.cookies["gj_look"] = "normal.1.normal.light.on"
    page = ask(client, next=ME)
    assert "138 1234 5678" in page.text
    assert Message.objects.get().channel == "sms"
    answer = client.post(PHONE, {"phone": "+8613812345678", "code": shown(page), "next": ME})
    assert answer.url == ME
    user = User.objects.latest("id")
    assert user.kind == "resident"
    assert user.person.pk == user.person_id
    assert client.get(ME).status_code == 200
    assert client.get(PHONE).url == "/start/"


def test_the_second_time_the_same_account_is_found(client):
    before = User.objects.filter(kind="resident").count()
    first = shown(ask(client))
    client.post(PHONE, {"phone": "13812345678", "code": first})
    SignInCode.objects.update(created_at=now() - timedelta(minutes=2))
    other = Client()
    other.post(
        PHONE,
        {"phone": "１３８－１２３４－５６７８", "code": shown(ask(other, "０１３８１２３４５６７８".lstrip("０")))},
    )
    assert User.objects.filter(kind="resident").count() == before + 1
    assert Session.objects.filter(user__kind="resident").count() == 2


def test_a_real_installation_shows_no_code(client, settings):
    settings.DEMONSTRATION = False
    page = ask(client)
    assert "demo-code" not in page.text
    assert SignInCode.objects.count() == 1


def test_a_wrong_code_and_a_spent_one_say_what_to_do(client):
    right = shown(ask(client))
    wrong = f"{(int(right) + 1) % 10**6:06}"
    assert "验证码不对" in client.post(PHONE, {"phone": "13812345678", "code": wrong}).text
    assert "还没填“验证码”" in client.post(PHONE, {"phone": "13812345678", "code": ""}).text
    for _ in range(4):
        client.post(PHONE, {"phone": "13812345678", "code": wrong})
    assert "请重新要一个" in client.post(PHONE, {"phone": "13812345678", "code": right}).text


@pytest.mark.parametrize(
    ("phone", "said"), [("", "还没填“手机号”"), ("0755 2555 1234", "座机收不到短信"), ("12", ""), ("abc", "")]
)
def test_a_number_no_code_can_reach(client, phone, said):
    page = ask(client, phone)
    assert page.status_code == 422
    assert said in page.text
    assert not SignInCode.objects.exists()
    assert client.post(PHONE, {"phone": phone, "code": "123456"}).status_code == 422


def test_asking_again_at_once_keeps_the_first_code_good(client):
    first = shown(ask(client))
    page = ask(client)
    assert "还有效" in page.text
    assert Message.objects.count() == 1
    assert client.post(PHONE, {"phone": "13812345678", "code": first}).status_code == 302


def test_asking_all_day_is_refused_with_a_time(client):
    for n in range(5):
        ask(client)
        SignInCode.objects.update(created_at=now() - timedelta(minutes=2 + n))
    page = ask(client)
    assert page.status_code == 429
    assert "以后可以再要" in page.text


def test_one_address_cannot_write_to_the_whole_town(client):
    answers = [ask(client, f"138{n:08}").status_code for n in range(8)]
    assert answers[:6] == [200] * 6
    assert 429 in answers


def test_a_closed_resident_account_is_not_opened_by_a_code(client):
    client.post(PHONE, {"phone": "13812345678", "code": shown(ask(client))})
    User.objects.filter(kind="resident").update(is_active=False)
    SignInCode.objects.update(created_at=now() - timedelta(minutes=2))
    other = Client()
    page = other.post(PHONE, {"phone": "13812345678", "code": shown(ask(other))})
    assert page.status_code == 422
    assert "sessionid" not in other.cookies


def test_a_resident_who_signs_out_comes_home():
    client = signed_in(resident())
    assert client.post("/sign-out/").url != SIGN_IN


def test_a_link_sets_a_password(client):
    user = staff()
    uid, token = password_link(user=user, actor=SYSTEM, at=now())
    page = address("password_set", uid, token)
    assert "yt-mzj-0417" in client.get(page).text
    assert client.post(page, {"new": "short"}).status_code == 422
    assert client.post(page, {"new": PASSWORD}).url == SIGN_IN
    assert enter(client).status_code == 302
    assert client.get(page).status_code == 410


def test_a_void_link(client):
    assert client.get("/password/abc/def-123/").status_code == 410
    assert client.post("/password/abc/def-123/", {"new": PASSWORD}).status_code == 410


def test_staying_begins_the_term_anew():
    client = signed_in(staff())
    assert client.get("/me/stay/").status_code == 405
    Session.objects.update(expire_date=now() + timedelta(minutes=4))
    assert client.post("/me/stay/").json() == {"seconds": 12 * 3600}
    assert Session.objects.get().expire_date > now() + timedelta(hours=11)
    assert Client().post("/me/stay/").status_code == 302


def test_the_pages_for_strangers_cost_no_query(client, django_assert_num_queries):
    units()  # whether this is a demonstration stands beside the units in memory
    with django_assert_num_queries(0):
        client.get(SIGN_IN)
        client.get(PHONE)


@pytest.mark.parametrize("path", [SIGN_IN, PHONE])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_both_languages(client, path, language):
    client.cookies["gj_lang"] = language
    text = client.get(path).text
    chinese = re.sub(
        r"<[^>]*lang=.zh-Hans.[^>]*>[^<]*(<svg.*?</svg>)?[^<]*", "", text.split("<main")[1].split("</main>")[0]
    )
    assert bool(re.search(r"[\u4e00-\u9fff]", chinese)) == (language == "zh-hans")
