"""Numbers and codes as people type and paste them: on the page, in search, on the public page."""

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from gongjian.casework.numbers import read_number
from gongjian.domains.hotline.actions.intake import register_request
from gongjian.domains.hotline.tests.staff_pages import SUPERVISOR, at_desk
from gongjian.identity.actor import ANONYMOUS
from gongjian.sealing.tokens import read_receipt_code
from gongjian.testing.cases import make_report
from gongjian.testing.clock import MONDAY_MORNING

MESSAGE = (
    "【12349】收到了。件号 {number}，最晚11月23日（周一）18:00前看完。查询码：{code}。电话 13800006021，2026-11-23"
)
ENGLISH = "We have it: case {number}. Your receipt code is {code}. Call 12349 or 0755-25551234."
DASHES = "-‐‑‒–—―−－﹣_"


@pytest.fixture
def sent(district, monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    return register_request(report=make_report(), actor=ANONYMOUS, at=MONDAY_MORNING)


def ways(number):
    prefix, month, serial = number.split("-")
    wide = str.maketrans({chr(n): chr(n + 0xFEE0) for n in range(33, 127)})
    return [
        number, number.lower(), f"件号：{number}", f"件号:{number}", f"件号 {number}。", number.translate(wide),
        f"{month}-{serial}", f"{month} {serial}", f"{prefix}{month}{serial}", f"{month}{serial}",
        f"{prefix} {month} {serial}", f" {prefix}-{month} -{serial} ", f"\u200b{number}\ufeff", f"编号{month}{serial}",
        f"Case number: {number}", f"{prefix}-{month}-{serial[:3]} {serial[3:]}",
        *(number.replace("-", dash) for dash in DASHES),
    ]  # fmt: skip


@pytest.mark.parametrize("serial", ["00030", "100029", "1234567", "9999999999"])
def test_a_number_is_read_however_it_is_written(serial):
    number = f"YT-2612-{serial}"
    assert {way: read_number(way) for way in ways(number)} == dict.fromkeys(ways(number), number)
    for message in (MESSAGE, ENGLISH):
        assert read_number(message.format(number=number, code="K7MN4PQR2X")) == number


@pytest.mark.parametrize(
    "text",
    [
        "", "13800006021", "13123456789", "0755-25551234", "0712-3456789", "YT-2611-0001", "YT-2612-12345678901",
        "永安北一街 18 号", "2026-12-01", "12349", "2613-00001", "K7MN4PQR2X",
    ],
)  # fmt: skip
def test_what_is_no_number_is_none(text):
    assert read_number(text) == ""


@given(st.text())
def test_no_text_breaks_the_reading(text):
    found = read_number(text)
    assert read_number(found) == found
    read_receipt_code(text)


def test_every_way_of_writing_opens_the_own_matter(sent, client):
    opened = reverse("hotline:track_case", args=[sent.number])
    codes = [
        sent.receipt, sent.receipt.lower(), f"查询码：{sent.receipt}", f"查询码:{sent.receipt}",
        f"{sent.receipt[:5]}－{sent.receipt[5:]}", f" 查询码 {sent.receipt[:5]} {sent.receipt[5:]}。",
        "6021", "手机尾号：6021", "６０２１", "138 0000 6021",
    ]  # fmt: skip
    told = [(way, sent.receipt) for way in ways(sent.number)] + [(sent.number, code) for code in codes]
    for place, (number, secret) in enumerate(told):
        answer = client.post(
            reverse("hotline:track"), {"number": number, "secret": secret}, REMOTE_ADDR=f"10.1.1.{place}"
        )
        assert (number, secret, getattr(answer, "url", "")) == (number, secret, opened)


@pytest.mark.parametrize("field", ["number", "secret", "both"])
@pytest.mark.parametrize("message", [MESSAGE, ENGLISH])
def test_a_message_pasted_whole_opens_it_too(sent, client, message, field):
    pasted = message.format(number=sent.number, code=sent.receipt)
    data = {name: pasted if field in {name, "both"} else "" for name in ("number", "secret")}
    assert client.post(reverse("hotline:track"), data).url == reverse("hotline:track_case", args=[sent.number])


def test_search_of_staff_and_of_everybody_reads_the_same_ways(sent, client):
    staff = at_desk(SUPERVISOR)
    for way in ways(sent.number):
        assert staff.get(reverse("hotline:search"), {"q": way}).url == reverse("hotline:case", args=[sent.number])
        assert client.get(reverse("portal:search"), {"q": way}).url.endswith(f"/track?number={sent.number}")
