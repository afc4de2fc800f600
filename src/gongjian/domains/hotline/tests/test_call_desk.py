"""The call-taker's desk: what one call leaves behind, and everything that is refused on the way."""

import re

import pytest
from django.urls import reverse

from gongjian.casework import limits
from gongjian.casework.models import Case, CaseEvent, CaseParty, EventText
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.models import IntakeDraft, ServiceRequest
from gongjian.domains.hotline.queries.open311 import offer
from gongjian.domains.hotline.tests.staff_pages import AT, CALL_TAKER, CLERK, at_desk, page
from gongjian.identity.queries import units
from gongjian.parties.texting import codes_on
from gongjian.places.queries import communities
from gongjian.testing.assertions import assert_at_most_queries, moves_of
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.queries import calendar

pytestmark = [pytest.mark.django_db, pytest.mark.urls("gongjian.domains.hotline.tests.staff_pages")]
WORDS = "永安北一街工地夜里打桩，凌晨一点还在响。希望晚上十点后停工。"
POINT = (114.2372, 22.5571)


@pytest.fixture(autouse=True)
def _afternoon(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.isoformat())
    queries.forget()


@pytest.fixture
def desk():
    return at_desk(CALL_TAKER)


ANSWERED = {"act": "answer", "text": "可以，带身份证到窗口。", "source": "办事指南"}
REFUSED = {"act": "reject", "reason": "court"}


def call(**over):
    """Return what the form sends for an ordinary call; None leaves a field out."""
    facts = {
        "token": "token-of-this-form-01",
        "kind": "complaint",
        "phone": "13800006021",
        "name": "刘女士",
        "address": "永安北一街 18 号旁",
        "description": WORDS,
        "consent": "yes",
        "sms": "on",
        "act": "register",
    }
    topic = queries.catalogue(AT).by_code("env-site-noise")
    facts |= {"topic": str(topic.id), "topic_text": topic.name_zh} | over
    return {name: value for name, value in facts.items() if value is not None}


def send(client, **over):
    return client.post(reverse("hotline:call_desk"), call(**over))


def only_case():
    return Case.objects.select_related("request").get()


def warm():
    """Let the process read what it keeps in memory."""
    queries.catalogue(AT)
    offer(AT)
    limits.book()
    units()
    communities()
    calendar()
    codes_on(AT.date())


def test_a_call_becomes_a_case_that_waits_to_be_sent(desk):
    answer = send(desk)
    assert (answer.status_code, answer.url) == (302, f"{reverse('hotline:call_desk')}?done=1")
    case = only_case()
    assert (case.state, case.channel, case.kind) == ("to_dispatch", "phone", "hotline.complaint")
    assert case.title == "永安北一街工地夜里打桩，凌晨一点还在响"
    assert moves_of(case.pk) == ["register", "accept"]
    party = CaseParty.objects.select_related("contact").get()
    assert (party.consent_contact, party.notify, party.contact.mask_phone) == (True, True, "138 ********")
    shown = page(desk.get(answer.url))
    assert case.number in shown
    assert re.search(r'id="done-receipt">\s*[A-Z0-9]{4} [A-Z0-9]{4} [A-Z0-9]{5}<', shown)
    assert "短信会发到 138 ********" in shown


def test_the_desk_asks_little_of_the_database(desk):
    desk.get(reverse("hotline:call_desk"))
    warm()
    with assert_at_most_queries(4):
        assert desk.get(reverse("hotline:call_desk")).status_code == 200
    with assert_at_most_queries(6):
        assert send(desk).status_code == 302


def test_full_width_digits_are_a_number(desk):
    assert send(desk, phone="１３８　００００　６０２１").status_code == 302
    assert CaseParty.objects.get().contact.mask_phone == "138 ********"


def test_a_wrong_number_is_named_at_its_field_and_nothing_is_lost(desk):
    answer = send(desk, phone="1380000")
    shown = page(answer)
    assert answer.status_code == 422
    assert 'href="#call-phone"' in shown
    assert 'id="call-phone_error"' in shown
    assert WORDS in shown
    assert not Case.objects.exists()


def test_a_megabyte_of_text_is_refused_with_its_length(desk):
    answer = send(desk, description="啊" * 300_000 + "a" * 100_000)
    assert answer.status_code == 422
    assert "最多 4000 个字，现在有 400000 个" in page(answer)
    assert desk.post(reverse("hotline:intake_draft"), call(description="a" * 1_000_000)).status_code == 422
    assert not Case.objects.exists()
    assert not IntakeDraft.objects.exists()


@pytest.mark.parametrize(
    ("missing", "field"), [({"description": " "}, "description"), ({"phone": "", "name": ""}, "phone")]
)
def test_what_is_missing_is_said_at_its_field(desk, missing, field):
    answer = send(desk, **missing)
    assert answer.status_code == 422
    assert f'id="call-{field}_error"' in page(answer)


def test_a_topic_is_found_by_its_initials_and_refused_when_unknown(desk):
    assert send(desk, topic="", topic_text="jzsg").status_code == 302
    assert only_case().topic.name_zh == "建筑施工噪声"
    answer = send(desk, token="another", topic="", topic_text="没有这一类")
    assert answer.status_code == 422
    assert 'id="call-topic_text_error"' in page(answer)


def test_a_chosen_topic_that_was_typed_over_does_not_count(desk):
    assert send(desk, topic_text="没有这一类").status_code == 422


def test_pressing_twice_makes_one_case_and_shows_the_same_number(desk):
    first, second = send(desk), send(desk)
    assert second.url == first.url
    assert only_case().number in page(desk.get(second.url))


def test_a_form_sent_again_much_later_is_told_its_number(desk):
    send(desk)
    number = only_case().number
    send(desk, token="the-next-call-token", description="另一件事，楼道灯不亮。")
    answer = desk.post(reverse("hotline:call_desk"), call(), follow=True)
    assert Case.objects.count() == 2
    assert f"这一张表已经登记过，件号 {number}" in page(answer)


def test_a_draft_survives_and_is_sealed(desk):
    kept = desk.post(reverse("hotline:intake_draft"), call(urgent="on", sms=None), headers={"X-Autosave": "1"})
    assert kept.status_code == 204
    row = IntakeDraft.objects.get()
    assert b"13800006021" not in bytes(row.form.sealed())
    elsewhere = page(at_desk(CALL_TAKER).get(reverse("hotline:call_desk")))
    assert WORDS in elsewhere
    assert 'value="13800006021"' in elsewhere
    assert "草稿存于" in elsewhere
    assert re.search(r'name="urgent"[^>]* checked', elsewhere)
    assert not re.search(r'name="sms"[^>]* checked', elsewhere)
    assert WORDS not in page(at_desk("lin.jiamin").get(reverse("hotline:call_desk")))


def test_a_late_save_does_not_bring_a_sent_form_back(desk):
    send(desk)
    desk.post(reverse("hotline:intake_draft"), call())
    assert only_case().number in page(desk.get(f"{reverse('hotline:call_desk')}?done=1"))
    assert WORDS not in page(desk.get(reverse("hotline:call_desk")))


def test_the_code_leaves_the_page_after_a_quarter_of_an_hour(desk, monkeypatch):
    send(desk)
    monkeypatch.setenv("GONGJIAN_CLOCK", AT.replace(hour=15).isoformat())
    assert "done-receipt" not in page(desk.get(f"{reverse('hotline:call_desk')}?done=1"))


def test_a_new_call_asks_before_it_throws_words_away(desk):
    desk.post(reverse("hotline:intake_draft"), call())
    asked = desk.post(reverse("hotline:call_desk"), call(act="new"))
    assert asked.status_code == 200
    assert 'value="drop"' in page(asked)
    assert WORDS in page(asked)
    assert IntakeDraft.objects.exists()
    assert desk.post(reverse("hotline:call_desk"), call(act="drop")).status_code == 302
    assert not IntakeDraft.objects.exists()


def test_the_save_button_keeps_the_form_without_script(desk):
    answer = desk.post(reverse("hotline:call_desk"), call(act="save"), follow=True)
    assert "草稿已存" in page(answer)
    assert WORDS in page(answer)


def test_an_emergency_word_shows_the_number_and_makes_an_emergency(desk):
    shown = page(send(desk, description="有老人晕倒在楼下", phone="12"))
    assert re.search(r'data-service="120"\s*>', shown)
    assert re.search(r'data-service="119" hidden', shown)
    send(desk, description="有老人晕倒在楼下")
    case = only_case()
    assert (case.urgency, case.request.emergency) == (Case.Urgency.EMERGENCY, "120")


def test_a_transferred_call_is_an_emergency_that_names_the_service(desk):
    shown = page(send(desk, act="119", description=""))
    assert 'name="transfer" value="119"' in shown
    assert not Case.objects.exists()
    send(desk, transfer="119", description="", phone="", name="")
    case = only_case()
    assert (case.urgency, case.request.emergency) == (Case.Urgency.EMERGENCY, "119")
    assert "119" in case.request.description
    inside = EventText.objects.get(event__case=case, event__move="accept", public=False)
    assert "把来电转到 119" in inside.body
    assert "来电已转 119" in page(desk.get(f"{reverse('hotline:call_desk')}?done=1"))


def test_an_answer_on_the_spot_needs_its_source(desk):
    refused = send(desk, act="answer", text="可以，带身份证到窗口。")
    assert refused.status_code == 422
    assert 'id="call-source_error"' in page(refused)
    assert not Case.objects.exists()
    assert send(desk, act="answer", text="可以，带身份证到窗口。", source="办事指南").status_code == 302
    case = only_case()
    assert (case.state, case.request.answer_source) == ("answered", "办事指南")


def test_a_refusal_needs_a_reason_from_the_list_and_tells_the_channel(desk):
    assert send(desk, act="reject", reason="because").status_code == 422
    assert not Case.objects.exists()
    assert send(desk, act="reject", reason="court").status_code == 302
    case = only_case()
    assert case.state == "rejected"
    told = EventText.objects.get(event__case=case, event__move="reject", public=True)
    assert "12368" in told.body


def test_somebody_without_name_leaves_no_contact(desk):
    assert send(desk, anonymous="on", phone="not a number").status_code == 302
    party = CaseParty.objects.get()
    assert (party.anonymous, party.contact_id, party.notify) == (True, None, False)


def test_who_calls_for_another_is_kept_beside_the_other(desk):
    assert send(desk, behalf_name="黄奶奶", behalf_phone="13800006033").status_code == 302
    assert set(CaseParty.objects.values_list("role", flat=True)) == {"requester", "beneficiary"}
    assert send(desk, token="x", behalf_name="黄奶奶", behalf_phone="1").status_code == 422


def test_a_suggested_place_gives_point_and_community(desk):
    send(desk, place=f"{POINT[0]},{POINT[1]}")
    case = only_case()
    assert case.cell
    assert case.community_id
    assert (case.request.lon, case.request.lat) == POINT


def test_a_confidential_matter_is_marked(desk):
    send(desk, confidential="on")
    assert only_case().confidentiality == Case.Confidentiality.CONFIDENTIAL


def test_the_history_of_a_number_comes_masked_and_warns_of_an_open_emergency(desk):
    old = make_request(title="楼道灯不亮")
    make_request(title="楼下有人晕倒", description="楼下有人晕倒，没有反应。")
    make_request(title="别人的事", reporter={"phone": "13800006033"})
    warm()
    with assert_at_most_queries(3):
        answer = desk.post(reverse("hotline:caller"), {"phone": "138 0000 6021"})
    shown = page(answer)
    assert old.number in shown
    assert "138 ********" in shown
    assert "13800006021" not in shown
    assert "刘晓梅" not in shown
    assert "危急件还没办完" in shown
    assert "别人的事" not in shown
    assert "没有打来过" in page(desk.post(reverse("hotline:caller"), {"phone": "13900000000"}))
    assert "没有打来过" not in page(desk.post(reverse("hotline:caller"), {"phone": "1380"}))


def test_cases_at_the_same_place_come_with_their_distance(desk):
    near = make_request(lon=114.2374, lat=22.5569, title="工地围挡占用人行道")
    make_request(lon=114.2600, lat=22.5700, title="远处的事")
    make_request(lon=114.2374, lat=22.5569, title="不给别人看的事", confidential=True)
    warm()
    with assert_at_most_queries(3):
        shown = page(desk.post(reverse("hotline:similar"), {"place": f"{POINT[0]},{POINT[1]}"}))
    assert near.title in shown
    assert re.search(r"\d+ 米", shown)
    assert "远处的事" not in shown
    assert "不给别人看的事" not in shown
    same = page(
        desk.post(reverse("hotline:similar"), {"community": str(near.community_id), "topic": str(near.topic_id)})
    )
    assert near.title in same
    assert "没有。" in page(desk.post(reverse("hotline:similar"), {"place": "here,there"}))


def test_the_proposal_names_unit_reason_limit_and_source_from_memory(desk):
    topic = queries.catalogue(AT).by_code("env-site-noise")
    warm()
    with assert_at_most_queries(2):
        shown = page(desk.post(reverse("hotline:intake_route"), {"topic": str(topic.id), "kind": "complaint"}))
    assert units().by_id[topic.lead_unit_id].name_zh in shown
    assert f"第 {topic.clause} 条" in shown
    assert "5 个工作日" in shown
    assert "期限出处" in shown
    urgent = page(desk.post(reverse("hotline:intake_route"), {"topic": str(topic.id), "urgent": "on"}))
    assert "3 个工作日" in urgent
    assert desk.post(reverse("hotline:intake_route"), {"topic": "99999999", "kind": "nonsense"}).status_code == 200


def test_addresses_are_suggested_with_point_and_community(desk):
    found = desk.get(reverse("hotline:address_suggest"), {"q": "永安"}).json()
    assert found
    assert {"value", "label", "hint", "community"} <= set(found[0])


def test_the_lookup_works_without_script(desk):
    old = make_request()
    assert old.number in page(desk.post(reverse("hotline:call_desk"), call(act="look")))


def test_htmx_is_led_away_and_a_refusal_stays(desk):
    sent = desk.post(reverse("hotline:call_desk"), call(), headers={"HX-Request": "true"})
    assert (sent.status_code, sent["HX-Redirect"]) == (204, f"{reverse('hotline:call_desk')}?done=1")


@pytest.mark.parametrize("name", ["call_desk", "address_suggest"])
def test_others_do_not_come_in(name):
    assert at_desk(CLERK).get(reverse(f"hotline:{name}")).status_code == 403


@pytest.mark.parametrize("name", ["call_desk", "intake_draft", "caller", "similar", "intake_route"])
def test_others_cannot_post(name, client):
    assert at_desk(CLERK).post(reverse(f"hotline:{name}"), call()).status_code == 403
    assert client.post(reverse(f"hotline:{name}"), call()).status_code == 302
    assert not Case.objects.exists()
    assert not CaseEvent.objects.exists()
    assert not ServiceRequest.objects.exists()


def test_the_desk_speaks_english(desk):
    desk.post(reverse("hotline:intake_draft"), call(name="", address="", description="Noise at night", topic_text=""))
    shown = page(at_desk(CALL_TAKER, "en").get(reverse("hotline:call_desk")))
    main = re.sub(r"<script.*?</script>", "", shown[shown.index("callstrip") :], flags=re.DOTALL)
    # Sources stand in the language they were published in.
    left = re.findall(r"[㐀-鿿]+", re.sub(r'<(\w+)[^>]* lang="zh-Hans">.*?</\1>', "", main))
    assert not left


def test_a_case_from_yesterday_is_in_the_list_of_the_number(desk):
    made = make_request(at=MONDAY_MORNING, state="answered")
    assert made.title in page(desk.post(reverse("hotline:caller"), {"phone": "13800006021"}))


def test_nothing_is_agreed_to_before_it_was_asked(desk):
    shown = page(desk.get(reverse("hotline:call_desk")))
    assert re.search(r'name="consent" value="yes"', shown)
    assert not re.search(r'name="(consent|sms)"[^>]* checked', shown)


@pytest.mark.parametrize(("answer", "agreed"), [("yes", True), ("no", False)])
def test_what_the_caller_answered_is_kept(desk, answer, agreed):
    send(desk, consent=answer, sms=None)
    party = CaseParty.objects.get(case=only_case())
    assert (party.consent_contact, party.notify) == (agreed, False)


@pytest.mark.parametrize("unasked", [None, "", "on", "maybe"])
def test_a_number_without_an_answer_is_asked_for_it_and_keeps_the_words(desk, unasked):
    answer = send(desk, consent=unasked)
    assert answer.status_code == 422
    assert not Case.objects.exists()
    assert WORDS in page(answer)
    assert 'id="call-consent_error"' in page(answer)


@pytest.mark.parametrize("over", [{"transfer": "119"}, {"phone": ""}, {"anonymous": "on"}, ANSWERED, REFUSED])
def test_where_nobody_will_be_rung_up_nothing_is_asked(desk, over):
    assert send(desk, consent=None, **over).status_code == 302
    assert not CaseParty.objects.get(case=only_case()).consent_contact


@pytest.mark.parametrize("typed", ["打 13800047391", "打 138-0004-7391", "邮箱 liu@example.com"])
@pytest.mark.parametrize("field", ["title", "address", "description"])
def test_a_number_in_the_words_is_pointed_out_and_keeps_nobody(desk, field, typed):
    said = "写在“号码”一栏"
    over = {field: f"工地夜里打桩，{typed}"}
    assert said not in page(desk.post(reverse("hotline:call_desk"), call(act="look")))
    assert said in page(desk.post(reverse("hotline:call_desk"), call(act="look", **over)))
    assert said in page(desk.post(reverse("hotline:intake_route"), call(**over)))
    assert send(desk, **over).status_code == 302


@pytest.mark.parametrize(
    ("phone", "words"),
    [
        ("+852 9123 4567", "短信发不到 +852 的号码，回电照样打得通"),
        ("0755-25551234", "这是座机，收不到短信"),
        ("13800006021", ""),
    ],
)
def test_a_number_that_no_text_message_reaches_is_said_at_the_desk_and_read_out(phone, words):
    desk = at_desk(CALL_TAKER)
    shown = page(desk.post(reverse("hotline:caller"), {"phone": phone}, headers={"HX-Request": "true"}))
    done = page(desk.post(reverse("hotline:call_desk"), call(phone=phone), follow=True))
    for said in (shown, done):
        assert (words or "短信发不到") in said if words else "短信发不到" not in said and "座机" not in said
    assert ("短信会发到 138" in done) is not bool(words)
