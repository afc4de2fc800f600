"""Programs with a key: lists, one case, documents, acts of the unit, the stream; never contact data."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from gongjian.casework.models import Case, CaseDocument, CaseEvent, CaseShare
from gongjian.documents.actions import store
from gongjian.documents.tests.make import jpeg
from gongjian.domains.hotline.actions import handling
from gongjian.domains.hotline.models import ServiceRequest
from gongjian.identity.actor import SYSTEM
from gongjian.identity.models import User
from gongjian.identity.queries import units
from gongjian.testing.assertions import assert_at_most_queries
from gongjian.testing.cases import again, handler_of, make_request
from gongjian.testing.clock import MONDAY_MORNING, later
from gongjian.testing.programs import DISTRICT_RIGHTS, UNIT_RIGHTS, Program, make_key

CASES = "/hotline/cases"
SECRETS = ("6021", "刘晓梅", "13800006021")


@pytest.fixture(autouse=True)
def _morning(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", later(MONDAY_MORNING, minutes=50).isoformat())


@pytest.fixture
def program():
    """The bureau that holds the noise of building sites."""
    case = make_request(state="dispatched")
    code = units().by_id[case.holder_unit_id].code
    make_key(unit=code)
    program = Program()
    program.case, program.unit = case, code
    return program


@pytest.fixture
def district_program():
    make_key("district-key-of-the-platform", rights=DISTRICT_RIGHTS)
    return Program("district-key-of-the-platform")


def stream(program, limit=100):
    """The events of this test: those before it have drawn any number of ids, and one page looks at so many of them."""
    before = CaseEvent.objects.order_by("id").values_list("id", flat=True).first() - 1
    answer = program.get(f"/hotline/events?after={before}&limit={limit}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def share(case, code):
    CaseShare.objects.get_or_create(case=case, unit_id=units().by_code[code].id, defaults={"since": MONDAY_MORNING})


def numbers(response):
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["items"]]


def test_a_units_program_finds_its_cases_and_no_others(program):
    other = make_request(state="received")
    helped = make_request(state="received")
    share(helped, program.unit)
    assert numbers(program.get(CASES)) == [helped.number, program.case.number]
    for path in (f"{CASES}/{other.number}/record", f"{CASES}/{other.number}/documents"):
        assert program.get(path).status_code == 404
    unknown = program.get(f"{CASES}/YT-2611-99999/record")
    assert unknown.content == program.get(f"{CASES}/{other.number}/record").content


def test_a_record_tells_everything_but_who_asked(program):
    at = later(MONDAY_MORNING, minutes=20)
    handling.sign(case=program.case, actor=handler_of(program.case, at, "unit_clerk"), at=at)
    who = handler_of(program.case, at)
    handling.note(case=again(program.case), text="居民电话 13800006021，晚上再打。", actor=who, at=at)
    response = program.get(f"{CASES}/{program.case.number}/record", **{"Accept-Language": "en"})
    told = response.json()
    assert (told["status"], told["unit"], told["kind"]) == ("signed", program.unit, "complaint")
    assert response["ETag"] == f'"{told["version"]}"'
    assert [entry["move"] for entry in told["timeline"]] == ["note", "sign", "dispatch", "accept", "register"]
    assert told["timeline"][0]["inside"] == "居民电话 ***，晚上再打。"
    assert told["timeline"][1]["words"] == "Signed for by the unit"
    assert {"start", "note", "return"} <= set(told["may"])
    assert "dispatch" not in told["may"]
    assert any(clock["name"] == "contact" for clock in told["clocks"])
    for secret in SECRETS:
        assert secret not in response.content.decode()


def test_who_only_helps_reads_what_the_resident_reads(program):
    make_key("helping-key-of-the-street", unit="jd-yantian")
    share(program.case, "jd-yantian")
    handling.sign(case=program.case, actor=handler_of(program.case, MONDAY_MORNING, "unit_clerk"), at=MONDAY_MORNING)
    handling.note(
        case=again(program.case), text="内部", actor=handler_of(program.case, MONDAY_MORNING), at=MONDAY_MORNING
    )
    helper = Program("helping-key-of-the-street")
    told = helper.get(f"{CASES}/{program.case.number}/record").json()
    assert all(entry["public"] and not entry["inside"] for entry in told["timeline"])
    assert told["may"] == []
    assert helper.post(f"{CASES}/{program.case.number}/notes", {"text": "x"}).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=dispatched", True),
        ("status=signed", False),
        ("status=signed&status=dispatched", True),
        ("stage=sent", True),
        ("stage=closed", False),
        ("stage=closed&status=dispatched", False),
        ("kind=complaint", True),
        ("kind=help", False),
        ("topic=env-site-noise", True),
        ("q=夜里打桩", True),
        ("q=路灯", False),
        ("opened_from=2026-11-23T00:00:00%2B08:00&opened_before=2026-11-24T00:00:00%2B08:00", True),
        ("opened_from=2026-11-23T00:00:00+08:00", True),
        ("opened_before=2026-11-23T00:00:00%2B08:00", False),
        ("updated_from=2026-11-23T09:05:00%2B08:00", True),
        ("updated_from=2026-11-23T10:05:00%2B08:00", False),
        ("updated_before=2026-11-23T09:05:00%2B08:00", False),
    ],
)
def test_a_list_is_narrowed(program, query, found):
    assert numbers(program.get(f"{CASES}?{query}")) == ([program.case.number] if found else [])


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("topic=gossip", "topic"), ("unit=nowhere", "unit"), ("community=1", "community"), ("status=lost", "status"),
        ("kind=gossip", "kind"), ("limit=0", "limit"), ("limit=9999", "limit"), ("cursor=abc", "cursor"),
        ("opened_from=2026-11-23T00:00:00", "opened_from"), ("opened_from=0001-01-01T00:00:00Z", "opened_from"),
        ("q=%00", "q"), ("statuz=signed", "statuz"),
    ],
)  # fmt: skip
def test_a_wrong_filter_is_named(program, query, field):
    response = program.get(f"{CASES}?{query}")
    assert response.status_code == 422
    errors = response.json()["errors"]
    assert errors[0]["field"].startswith(field)
    assert errors[0]["message"]


def test_pages_follow_each_other_and_nothing_slips(program):
    share(make_request(state="received"), program.unit)
    made = [make_request(state="dispatched").number for _ in range(3)]
    first = program.get(f"{CASES}?limit=2").json()
    make_request(state="dispatched")
    rest = program.get(f"{CASES}?limit=200&cursor={first['next']}").json()
    assert rest["next"] is None
    seen = [row["id"] for row in first["items"] + rest["items"]]
    assert seen[:3] == made[::-1]
    assert len(seen) == len(set(seen)) == 5


def test_lists_and_records_keep_to_their_budget(program, district_program, steady_memory):
    for _ in range(4):
        make_request(state="in_progress")
    for who in (program, district_program):
        paths = (CASES, f"{CASES}?q=打桩", f"{CASES}/{program.case.number}/record", "/hotline/events")
        for path in paths:
            who.get(path)
        for path, most in zip(paths, (4, 4, 7, 5), strict=True):
            with assert_at_most_queries(most):
                assert who.get(path).status_code == 200


def test_a_unit_works_a_case_through_its_program(program):
    number = program.case.number
    sign = program.post(f"{CASES}/{number}/sign", **{"Idempotency-Key": "sign-0123456789abc"})
    assert sign.status_code == 201
    assert sign.json()["status"] == "signed"
    assert program.post(f"{CASES}/{number}/sign", **{"Idempotency-Key": "sign-0123456789abc"}).json() == sign.json()
    assert program.post(f"{CASES}/{number}/start").json()["status"] == "in_progress"
    contact = program.post(f"{CASES}/{number}/contacts", {"reached": True, "remark": "核对了时间。"})
    assert contact.status_code == 201
    assert program.post(f"{CASES}/{number}/notes", {"text": "施工方答应整改。"}).status_code == 201
    more = program.post(f"{CASES}/{number}/extensions", {"days": 2, "reason": "等监测报告。"})
    assert more.json()["status"] == "extension_pending"
    handling.decide_extension(
        case=again(program.case), granted=True, reason="", at=later(MONDAY_MORNING, minutes=55),
        actor=handler_of(program.case, MONDAY_MORNING, "unit_head"),
    )  # fmt: skip
    reply = program.post(f"{CASES}/{number}/replies", {"text": "已责令 22:00 后停工。", "resolved": "yes"})
    assert reply.json()["status"] == "submitted"
    event = CaseEvent.objects.filter(case=program.case, move="submit").get()
    assert (event.actor_kind, event.channel) == ("program", "api")
    assert event.actor.kind == User.Kind.PROGRAM


def test_a_returned_case_leaves_the_reach_of_the_program(program):
    number = program.case.number
    body = {"reason": "not_ours", "basis": "三定规定：不属于本单位。", "proposed_unit": "cgj"}
    assert program.post(f"{CASES}/{number}/return", {**body, "proposed_unit": "nowhere"}).status_code == 422
    assert program.post(f"{CASES}/{number}/return", body).json()["status"] == "returned"
    assert program.get(f"{CASES}/{number}/record").status_code == 404
    told = stream(program)["items"][-1]
    assert (told["move"], told["from_unit"], told["unit"]) == ("return", program.unit, None)


def test_the_slower_of_two_is_told(program):
    number = program.case.number
    etag = program.get(f"{CASES}/{number}/record")["ETag"]
    assert program.post(f"{CASES}/{number}/sign", **{"If-Match": etag}).status_code == 201
    late = program.post(f"{CASES}/{number}/start", **{"If-Match": etag})
    assert late.status_code == 412
    assert late["ETag"] != etag
    assert program.post(f"{CASES}/{number}/start", **{"If-Match": late["ETag"]}).status_code == 201


def test_what_may_not_follow_is_a_conflict_and_bad_words_are_named(program):
    number = program.case.number
    wrong = program.post(f"{CASES}/{number}/start")
    assert (wrong.status_code, wrong.json()["type"]) == (409, "urn:gongjian:problem:wrong-state")
    for path, body, field in (
        ("notes", {"text": "  "}, "text"),
        ("notes", {}, "text"),
        ("contacts", {"reached": "perhaps", "remark": "x"}, "reached"),
        ("extensions", {"days": 0, "reason": "x"}, "days"),
    ):
        response = program.post(f"{CASES}/{number}/{path}", body)
        assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)
    assert Case.objects.get(pk=program.case.pk).version == program.case.version


@pytest.mark.parametrize("act", ["sign", "start", "contacts", "notes", "replies", "return", "extensions"])
def test_an_act_asks_for_its_right_before_it_looks_for_the_case(program, act):
    bodies = {
        "contacts": {"reached": True, "remark": "x"},
        "notes": {"text": "x"},
        "replies": {"text": "x", "resolved": "yes"},
        "return": {"reason": "not_ours", "basis": "x"},
        "extensions": {"days": 1, "reason": "x"},
    }
    make_key("reading-key-of-the-bureau", unit=program.unit, rights=("hotline:case:read_unit",))
    reader = Program("reading-key-of-the-bureau")
    for number in (program.case.number, "YT-2611-99999"):
        assert reader.post(f"{CASES}/{number}/{act}", bodies.get(act)).status_code == 403
    assert Program("no-such-key-anywhere").post(f"{CASES}/{program.case.number}/{act}").status_code == 401
    other = make_request(state="dispatched", topic=None)
    if other.holder_unit_id != program.case.holder_unit_id:
        assert program.post(f"{CASES}/{other.number}/{act}", bodies.get(act)).status_code == 404


def test_a_key_without_reading_reads_nothing(program):
    make_key("silent-key-of-somebody", rights=("hotline:case:intake",))
    silent = Program("silent-key-of-somebody")
    for path in (CASES, f"{CASES}/{program.case.number}/record", f"{CASES}/{program.case.number}/documents",
                 f"{CASES}/{program.case.number}/documents/1", "/hotline/events"):  # fmt: skip
        assert silent.get(path).status_code == 403


def test_documents_go_out_under_a_name_that_names_nobody(program):
    upload = SimpleUploadedFile("刘晓梅身份证.jpg", jpeg())
    public, inside = (store(upload=upload, kind="photo", actor=SYSTEM, at=MONDAY_MORNING) for _ in range(2))
    event = CaseEvent.objects.filter(case=program.case).first()
    CaseDocument.objects.create(case=program.case, document=public, event=event, public=True)
    CaseDocument.objects.create(case=program.case, document=inside, event=event, public=False)
    share(program.case, "jd-yantian")
    make_key("helping-key-of-the-street", unit="jd-yantian")
    helper, path = Program("helping-key-of-the-street"), f"{CASES}/{program.case.number}/documents"
    assert [d["id"] for d in program.get(path).json()] == [public.pk, inside.pk]
    assert [d["id"] for d in helper.get(path).json()] == [public.pk]
    file = program.get(f"{path}/{inside.pk}")
    assert b"".join(file.streaming_content)[:3] == b"\xff\xd8\xff"
    assert file["Content-Disposition"] == f'attachment; filename="{program.case.number}-{inside.pk}.jpeg"'
    assert helper.get(f"{path}/{inside.pk}").status_code == 404
    assert program.get(f"{path}/{inside.pk + 999}").status_code == 404


def test_the_stream_tells_what_happened_in_order(program, district_program):
    other = make_request(state="dispatched", topic=None)
    own = stream(program)
    assert [e["move"] for e in own["items"] if e["case"] == program.case.number] == ["dispatch"]
    assert own["more"] is False
    everything = stream(district_program, limit=2)
    assert [e["move"] for e in everything["items"]] == ["register", "accept"]
    assert everything["more"] is True
    rest = district_program.get(f"/hotline/events?after={everything['next']}").json()
    assert rest["items"][-1]["case"] == other.number
    assert district_program.get(f"/hotline/events?after={rest['next']}").json()["items"] == []
    for secret in (*SECRETS, "噪声"):
        assert secret not in str(stream(district_program))


def test_a_program_reports_under_its_own_number_once(district_program):
    body = {"text": "路灯不亮", "external_number": "A-17", "source": "somebody else"}
    first = district_program.post(CASES, body)
    assert first.status_code == 201
    request = ServiceRequest.objects.get(case__number=first.json()["id"])
    assert (request.external_number, request.source_program) == ("A-17", User.objects.get(kind="program").username)
    again_ = district_program.post(CASES, body)
    assert again_.status_code == 409
    assert first.json()["id"] in again_.json()["detail"]
    assert [district_program.post(CASES, {"text": "路灯不亮"}).status_code for _ in range(14)] == [201] * 14


def test_reporting_with_a_key_needs_its_right_and_a_good_key(program):
    assert program.post(CASES, {"text": "路灯不亮"}).status_code == 403
    assert Program("no-such-key-anywhere").post(CASES, {"text": "路灯不亮"}).status_code == 401
    assert program.client.post(
        "/api/v1/hotline/cases", '{"text": "路灯", "external_number": "1"}', content_type="application/json"
    ).status_code == 422  # fmt: skip


def test_reference_lists_need_no_key(client):
    kinds = client.get("/api/v1/hotline/kinds").json()
    assert {k["key"] for k in kinds} == {"complaint", "enquiry", "help", "suggestion"}
    signed = next(m for m in kinds[0]["moves"] if m["name"] == "sign")
    assert (signed["from"], signed["to"], signed["name_zh"], signed["name_en"]) == (
        ["dispatched"],
        "signed",
        "签收",
        "Sign for it",
    )
    topics = client.get("/api/v1/hotline/topics").json()
    noise = next(t for t in topics if t["code"] == "env-site-noise")
    assert noise["parent"]
    assert noise["unit"]
    assert any(u["code"] == "hbj" for u in client.get("/api/v1/units").json())
    assert len(client.get("/api/v1/communities").json()) > 20
    year = client.get("/api/v1/calendar?year=2026").json()
    assert year["confirmed"] is True
    assert {"day": "2026-10-10", "working": True} in year["exceptions"]
    assert client.get("/api/v1/calendar?year=1").status_code == 422


def test_me_tells_what_the_key_may_do(program):
    told = program.get("/me", **{"Accept-Language": "en"}).json()
    assert told["unit"] == program.unit
    assert {r["right"] for r in told["rights"]} == {str(r) for r in UNIT_RIGHTS}
    assert {"right": "hotline:case:sign", "words": "Sign for cases"} in told["rights"]


def test_answers_tell_the_allowance(program):
    response = program.get("/me")
    assert response["RateLimit-Policy"] == '"default";q=6000;w=60'
    assert response["RateLimit"].startswith('"default";r=5999;t=')
    refused = program.get("/nothing/here")
    assert (refused.status_code, refused["Content-Type"]) == (404, "application/problem+json")
    wrong = program.client.delete("/api/v1/me")
    assert (wrong.status_code, wrong["Content-Type"], wrong["Allow"]) == (405, "application/problem+json", "GET")


def test_a_refused_act_costs_its_call_even_with_an_idempotency_key(program):
    make_key("poor-key-of-the-bureau", unit=program.unit, per_minute=2)
    poor = Program("poor-key-of-the-bureau")
    answers = [
        poor.post(f"{CASES}/{program.case.number}/start", **{"Idempotency-Key": f"start-0123456789-{n}"}).status_code
        for n in range(4)
    ]
    assert answers == [409, 409, 429, 429]


def test_an_expired_key_opens_nothing(program):
    make_key("expired-key-of-the-bureau", unit=program.unit, expires_at=MONDAY_MORNING + timedelta(minutes=1))
    assert Program("expired-key-of-the-bureau").get("/me").status_code == 401
