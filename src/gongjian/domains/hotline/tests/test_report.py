"""A resident reports in five steps, with a plain browser and without an account."""

import io
import re
import threading
import tomllib
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.urls import reverse
from PIL import Image

from gongjian.casework.models import Case, CaseDocument, CaseParty
from gongjian.documents.models import Document
from gongjian.domains.hotline.actions.reference import DATA
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.domains.hotline.pages.drafts import Draft
from gongjian.domains.hotline.queries import catalogue, tracked
from gongjian.identity.models import Session
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING

WHAT = {"kind": "complaint", "words": "工地夜里打桩", "topic": "env-site-noise"}
WHERE = {"address": "永安北一街 18 号旁", "lon": "114.2401", "lat": "22.5571"}
DESCRIBE = {"description": "工地凌晨一点还在打桩，孩子睡不着。"}
CONTACT = {"phone": "１３８ ００００ ６０２１", "name": "刘晓梅", "consent": "on", "language": "zh-hans"}


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def jpeg(colour="navy", size=(64, 48)):
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG")
    return out.getvalue()


def photo(name="p.jpg", content=None):
    return SimpleUploadedFile(name, content or jpeg(), "image/jpeg")


def post(client, name, data=None, **more):
    return client.post(reverse(f"hotline:report{name and '_' + name}"), data or {}, **more)


def fill(client, *, what=WHAT, where=WHERE, describe=DESCRIBE, contact=CONTACT):
    """Go through the first four steps."""
    for name, data in (("", what), ("where", where), ("describe", describe), ("contact", contact)):
        response = post(client, name, data)
        assert response.status_code == 302, response.content.decode()


def text(response):
    return response.content.decode()


def test_five_steps_make_a_case_with_number_and_receipt(client):
    fill(client, describe=DESCRIBE | {"photos": [photo()]})
    page = text(client.get(reverse("hotline:report_check")))
    assert "138 0000 6021" in page
    assert post(client, "check").url == reverse("hotline:report_done")
    done = text(client.get(reverse("hotline:report_done")))
    case = Case.objects.get()
    assert case.number in done
    receipt = re.search(r"[2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{5}", done).group()
    assert tracked(number=case.number, secret=receipt).case == case
    assert (case.kind, case.state, case.channel) == ("hotline.complaint", "received", "web")
    assert case.topic.code == "env-site-noise"
    assert case.community is not None
    party = CaseParty.objects.get(case=case)
    assert (party.anonymous, party.consent_contact, party.contact.mask_phone) == (False, True, "138 ********")
    assert CaseDocument.objects.get(case=case).document.claim_token == ""
    assert "11:00" in done  # two hours to look at it


def test_the_receipt_code_disappears_after_a_quarter_of_an_hour(client, monkeypatch):
    fill(client)
    post(client, "check")
    assert "receipt__code" in text(client.get(reverse("hotline:report_done")))
    monkeypatch.setenv("GONGJIAN_CLOCK", (MONDAY_MORNING + timedelta(minutes=16)).isoformat())
    page = text(client.get(reverse("hotline:report_done")))
    assert "查询码只显示一次，已经不再显示。" in page
    assert not re.search(r"[2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{5}", page)


def test_pressing_twice_makes_one_case(client):
    fill(client)
    before = client.cookies.copy()
    again = Client()
    again.cookies = before
    assert post(client, "check").status_code == 302
    assert post(again, "check").url == reverse("hotline:report_done")
    assert post(client, "check").url == reverse("hotline:report_done")
    assert Case.objects.count() == 1


def test_a_second_report_in_the_same_session_is_another_case(client):
    for _ in range(2):
        fill(client)
        post(client, "check")
    assert Case.objects.count() == 2


def test_nothing_of_the_draft_stands_in_clear(client):
    fill(client)
    row = Session.objects.get()
    data = dict(client.session.items())
    for secret in ("13800006021", "刘晓梅", "打桩"):
        assert secret not in row.session_data
        assert secret not in str(data)
        assert secret not in str(client.cookies)


def test_nobody_gets_to_a_later_step_first(client):
    for name in ("where", "describe", "contact", "check"):
        assert client.get(reverse(f"hotline:report_{name}")).url == reverse("hotline:report")
    assert client.get(reverse("hotline:report_done")).url == reverse("hotline:report")
    assert client.get(reverse("hotline:report_similar")).status_code == 302


def test_words_that_sound_like_a_topic_are_asked_back_once(client):
    page = text(post(client, "", {"kind": "complaint", "words": "工地夜间施工太吵"}))
    assert "是不是下面这一类" in page
    assert 'value="env-site-noise"' in page
    answer = {"kind": "complaint", "words": "工地夜间施工太吵", "topic": "", "asked": "1"}
    assert post(client, "", answer).url == reverse("hotline:report_where")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("", {"kind": "complaint"}, "还没说是什么事"),
        ("", {"kind": "nonsense", "words": "x"}, "请从列出的里面选"),
        ("", {"kind": "complaint", "words": "长" * 61}, "最多 60 个字"),
        ("where", {}, "还没写地点。写路名、楼名或明显的标志都可以。"),
        ("where", {"lon": "999", "lat": "22"}, "地图上的点取错了"),
        ("where", {"community": "0"}, "请从列出的里面选"),
        ("describe", {"description": "  "}, "还没写是什么事"),
        ("describe", {"description": "字" * 4001}, "最多 4000 个字"),
        ("contact", {"phone": "138000060", "language": "zh-hans"}, "手机号是 11 位"),
        ("contact", {"phone": "25551234", "language": "zh-hans"}, "座机请加区号"),
        ("contact", {"email": "nobody@", "language": "zh-hans"}, "邮箱地址不完整"),
        ("contact", {"consent": "on", "language": "zh-hans"}, "还要写一个号码"),
        ("contact", {"behalf_phone": "123", "language": "zh-hans"}, "没有这个电话号码"),
    ],
)
def test_errors_name_the_field_and_the_remedy_and_keep_what_was_typed(client, name, data, words):
    steps = [("", WHAT), ("where", WHERE), ("describe", DESCRIBE)]
    for step, good in steps[: ["", "where", "describe", "contact"].index(name)]:
        post(client, step, good)
    response = post(client, name, data)
    page = text(response)
    assert response.status_code == 422
    assert "<title>错误：" in page
    assert page.count(words) == 2  # on top and at the field
    for typed in data.values():
        if len(typed) < 50 and typed.strip() and typed not in {"on", "0", "nonsense"}:
            assert typed in page
    assert not Case.objects.exists()


def test_i_do_not_know_where_is_enough(client):
    fill(client, where={"unknown": "on"}, contact={"language": "en"})
    assert "说不清在哪里" in text(client.get(reverse("hotline:report_check")))
    post(client, "check")
    party = CaseParty.objects.get()
    assert (party.anonymous, party.contact, party.notify, party.language) == (True, None, False, "en")


def test_anonymous_is_said_to_have_its_price(client):
    fill(client, contact={"language": "zh-hans"})
    assert "没法通知您" in text(client.get(reverse("hotline:report_check")))


def test_on_behalf_of_somebody_else(client):
    other = {"behalf_name": "王秀兰", "behalf_phone": "13800006033"}
    fill(client, contact=CONTACT | other)
    assert "王秀兰" in text(client.get(reverse("hotline:report_check")))
    post(client, "check")
    beneficiary = CaseParty.objects.get(role="beneficiary")
    assert beneficiary.contact.mask_phone == "138 ********"
    assert beneficiary.notify is False


def test_going_back_keeps_everything_and_leads_straight_to_the_check(client):
    fill(client)
    assert 'value="永安北一街 18 号旁"' in text(client.get(reverse("hotline:report_where")))
    response = post(client, "where", {"address": "明珠道口"})
    assert response.url == reverse("hotline:report_check")
    page = text(client.get(reverse("hotline:report_check")))
    assert "明珠道口" in page
    assert "凌晨一点还在打桩" in page


def test_five_photos_and_each_refusal_for_itself(client):
    post(client, "", WHAT)
    post(client, "where", WHERE)
    assert 'data-photos-max="5"' in text(client.get(reverse("hotline:report_describe")))
    photos = [photo("a.jpg"), photo("b.jpg", b"not a picture at all"), photo("c.jpg")]
    response = post(client, "describe", DESCRIBE | {"photos": photos})
    page = text(response)
    assert response.status_code == 422
    assert "第 2 张（b.jpg）没有收下" in page
    assert "已收下 2 张照片" in page
    assert 'data-photos-max="3"' in page
    assert DESCRIBE["description"] in page
    response = post(client, "describe", DESCRIBE | {"photos": [photo(f"{n}.jpg", jpeg((n, 9, 9))) for n in range(5)]})
    assert "最多 5 张，多出的没有加进来。" in text(response)
    assert Document.objects.exclude(claim_token="").count() == 5


def test_a_photo_can_be_taken_out_again_but_not_by_others(client):
    post(client, "", WHAT)
    post(client, "where", WHERE)
    post(client, "describe", DESCRIBE | {"photos": [photo()]})
    document = Document.objects.get()
    shown = client.get(reverse("hotline:report_photo", args=[document.pk]))
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    stranger = Client()
    assert stranger.get(reverse("hotline:report_photo", args=[document.pk])).status_code == 404
    stranger.post(reverse("hotline:report_photo_drop", args=[document.pk]))
    assert Document.objects.exists()
    client.post(reverse("hotline:report_photo_drop", args=[document.pk]))
    assert not Document.objects.exists()


def test_emergency_words_show_the_number_at_once_and_never_stop_the_report(client):
    def shown(page):
        return re.findall(r'data-service="(\d+)">', page)

    assert shown(text(client.get(reverse("hotline:report")))) == []
    post(client, "", WHAT)
    post(client, "where", WHERE)
    response = post(client, "describe", {"description": "对面楼着火了！"})
    assert response.url == reverse("hotline:report_contact")
    assert shown(text(client.get(response.url))) == ["119"]
    post(client, "contact", CONTACT)
    post(client, "check")
    assert ServiceRequest.objects.get().emergency == "119"
    assert Case.objects.get().urgency == Case.Urgency.EMERGENCY


def test_similar_matters_nearby_are_shown_to_read(client):
    other = make_request(by="chen.jingyi", lon=114.2402, lat=22.5572, state="to_dispatch")
    unread = make_request(by="chen.jingyi", lon=114.2403, lat=22.5572, title="老王家吵架")
    far = make_request(by="chen.jingyi", lon=114.25, lat=22.56, title="远处的工地")
    private = make_request(by="chen.jingyi", lon=114.2402, lat=22.5572, title="求助的事", kind="help")
    post(client, "", WHAT)
    response = post(client, "where", WHERE)
    assert response.url == reverse("hotline:report_similar")
    page = text(client.get(response.url))
    assert "近 30 天有 2 件相似的" in page
    assert other.topic.name_zh in page
    for hidden in (other.title, unread.title, far.title, private.title, "刘晓梅", "6021", other.number):
        assert hidden not in page
    assert reverse("hotline:report_describe") in page
    assert reverse("hotline:report_follow") in page


def test_addresses_are_suggested_with_their_point(client):
    found = client.get(reverse("hotline:report_addresses"), {"q": "永安"}).json()
    assert found
    assert re.fullmatch(r"114\.\d+,22\.\d+", found[0]["value"])
    response = post(client, "", WHAT)
    post(client, "where", {"address": found[0]["label"], "spot": found[0]["value"]})
    assert post(client, "describe", DESCRIBE).url == reverse("hotline:report_contact")
    assert response.status_code == 302


def test_the_ground_is_drawn_from_our_own_shapes(client):
    shapes = client.get(reverse("web:ground")).json()
    kinds = {f["properties"]["kind"] for f in shapes["features"]}
    assert {"land", "community"} <= kinds
    assert all("geometry" in f for f in shapes["features"])


def test_programs_that_fill_in_everything_are_stopped(client):
    response = post(client, "", WHAT | {"website": "http://spam.example"})
    assert response.status_code == 400
    assert "还没有发出去" in text(response)
    assert "report" not in client.session


def test_too_many_reports_from_one_address_get_a_plain_page_and_lose_nothing(client):
    for _ in range(10):
        fill(client, contact={"language": "zh-hans"})
        response = post(client, "check")
        if response.status_code != 302:
            break
    assert response.status_code == 429
    assert "还没有发出去" in text(response)
    assert Case.objects.count() == 6
    assert "凌晨一点" in text(client.get(reverse("hotline:report_check")))


def test_anonymous_reports_are_limited_by_the_hour(client, monkeypatch):
    for minute in range(12):
        monkeypatch.setenv("GONGJIAN_CLOCK", (MONDAY_MORNING + timedelta(minutes=minute)).isoformat())
        fill(client, contact={"language": "zh-hans"})
        response = post(client, "check")
    assert response.status_code == 429
    assert "匿名反映得太多" in text(response)
    post(client, "contact", CONTACT)
    assert post(client, "check").status_code == 302


def test_ten_megabytes_of_nonsense_is_refused_plainly(client):
    post(client, "", WHAT)
    post(client, "where", WHERE)
    response = post(client, "describe", {"description": "啊" * 3_400_000})
    assert response.status_code == 413
    assert "<h1>" in text(response)


def test_a_broken_draft_starts_anew(client):
    session = client.session
    session["report"] = "bm9uc2Vuc2U="
    session.save()
    assert client.get(reverse("hotline:report")).status_code == 200


def test_an_enquiry_may_be_prefilled_by_a_link(client):
    page = text(client.get(reverse("hotline:report"), {"kind": "enquiry", "topic": "work-wages"}))
    assert re.search(r'value="enquiry"[^>]* checked', page)
    assert re.search(r'value="work-wages" checked', page)


def test_statements_are_counted(client, steady_memory):
    fill(client, where={"address": "永安北一街"})
    with assert_at_most_queries(2):  # limits are counted on sending only
        client.get(reverse("hotline:report_contact"))
    with assert_at_most_queries(14):
        post(client, "check")
    with assert_at_most_queries(1):
        client.get(reverse("hotline:report_done"))


def test_a_first_visit_makes_no_session(client):
    Client().get(reverse("hotline:report"))  # a process that has just started reads the catalogue
    with assert_at_most_queries(0):
        client.get(reverse("hotline:report"))
    assert not Session.objects.exists()


def test_a_draft_knows_its_first_open_step():
    draft = Draft(kind="complaint")
    assert draft.first_open == "where"
    draft.take({"placed": True, "description": "x", "reached": True, "unknown_field": 1})
    assert draft.first_open == "check"


def test_everyday_words_belong_to_subjects_that_exist(district):
    known = {t.code for t in catalogue(MONDAY_MORNING).leaves}
    assert set(tomllib.loads((DATA / "everyday_words.toml").read_text())) <= known


@pytest.mark.django_db(transaction=True)
def test_pressing_twice_at_the_same_moment_makes_one_case(client):
    fill(client)
    answers = []

    def press():
        other = Client()
        other.cookies = client.cookies.copy()
        answers.append(post(other, "check").url)
        connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [reverse("hotline:report_done")] * 4
    assert Case.objects.count() == 1
    assert Case.objects.get().number in text(client.get(reverse("hotline:report_done")))


@pytest.mark.parametrize("typed", ["打我 13800047391", "打我１３８ ０００４ ７３９１", "写信 liu@example.com"])
@pytest.mark.parametrize(
    ("step", "field"), [("what", "words"), ("where", "address"), ("describe", "description")], ids=str
)
def test_a_number_in_the_words_is_pointed_out_on_the_way_and_holds_nothing_up(client, step, field, typed):
    said, steps = "写在话里的不加密", {"what": WHAT, "where": WHERE, "describe": DESCRIBE}
    fill(client)
    for name in ("contact", "check"):
        assert said not in text(client.get(reverse(f"hotline:report_{name}")))
    stranger = Client()
    fill(stranger, **{one: data | ({field: typed} if one == step else {}) for one, data in steps.items()})
    for name in ("describe", "contact", "check"):
        assert said in text(stranger.get(reverse(f"hotline:report_{name}"))), name
    assert post(stranger, "check").url == reverse("hotline:report_done")


def test_whoever_gets_no_notice_any_more_today_is_told_so_and_keeps_the_code(client, monkeypatch):
    monkeypatch.setattr("gongjian.domains.hotline.actions.intake.UNCONFIRMED_A_DAY", 1)
    contact = {"email": "a@example.org", "language": "zh-hans"}
    for nth in range(2):
        fill(client, describe=DESCRIBE | {"description": f"第 {nth} 件：灯不亮。"}, contact=contact)
        post(client, "check")
        done = text(client.get(reverse("hotline:report_done")))
        assert ("没有再发通知" in done) is (nth == 1)
    assert re.search(r"[2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{4} [2-9A-HJ-NP-Z]{5}", done)


def test_whoever_leaves_a_number_abroad_and_wants_no_notice_is_promised_none(client):
    fill(client, contact={"phone": "+852 9123 4567", "unnotified": "on", "language": "zh-hans"})
    post(client, "check")
    done = text(client.get(reverse("hotline:report_done")))
    assert "我们的短信发不到您留的号码" in done
    assert "有进展会通知" not in done
