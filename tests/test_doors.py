"""Words, points and telephones go through every door: refused in plain words or kept by one rule, never broken by."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongjian.casework.models import Case, CaseParty
from gongjian.documents.rules import stored_name
from gongjian.domains.hotline.actions import importing
from gongjian.domains.hotline.bulk.importing import Layout, LayoutError, check
from gongjian.domains.hotline.models import ImportFault
from gongjian.domains.hotline.rules import tidy
from gongjian.domains.hotline.tests.open311 import make_key
from gongjian.identity.actor import SYSTEM
from gongjian.identity.requests import client_agent
from gongjian.parties.phones import normalise_phone
from gongjian.parties.refusals import InvalidPhone
from gongjian.places.rules import point_in
from gongjian.project.cli import run
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.text import Unfit, checked, clean
from tests.doors import DOORS, PEOPLE, PROGRAMS, WORDS

pytestmark = pytest.mark.django_db
few = settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
UNSEEN = {
    "U+0001": "\x01", "U+0007": "\x07", "U+000E": "\x0e", "U+001F": "\x1f", "U+007F": "\x7f", "U+0085": "\x85",
    "U+009F": "\x9f", "U+202E": "\u202e", "U+2066": "\u2066", "U+FDD0": "\ufdd0", "U+1FFFF": "\U0001ffff",
}  # fmt: skip
NOTHING = {
    "a joiner": "\u200b",
    "a mark": "\ufeff",
    "a wide blank": "\u3000",
    "a soft hyphen": "\xad",
    "an accent": "\u0301",
}
NO_POINTS = {
    "nan": ("nan", "nan"), "inf": ("inf", "inf"), "-inf": ("-inf", "22.55"), "too far": ("999", "999"),
    "beyond": ("180.1", "22.55"), "poles": ("114.2", "90.01"), "a power": ("1e999", "1e999"), "zero": ("0", "0"),
    "minus zero": ("-0.0", "0.000"), "words": ("here", "there"), "one": ("114.2", ""), "other": ("", "22.5"),
}  # fmt: skip
SPOTS = [
    "nan,nan", "999,999", "inf,inf", "-inf,0", "1e999,1e999", "0,0", "114.2", "114.2,", ",22.5", ",", "114.2,22.5,3",
    "１１４.２,２２.５", "114.2；22.5", "1_1_4,22", "0x72,0x16", "garbage", "<b>",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _district(district, monkeypatch, settings, tmp_path) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())
    make_key()


def kept(case: Case) -> Iterator[tuple[str, str]]:
    """Yield what a case holds of the words of its reporter."""
    yield "description", case.request.description
    yield "address", case.request.address
    yield "title", case.title
    party = CaseParty.objects.filter(case=case).select_related("contact").first()
    if party and party.contact and party.contact.name:
        yield "name", party.contact.name.open()


def fits(text: str) -> bool:
    try:
        checked(text)
    except Unfit:
        return False
    return True


@pytest.mark.parametrize("sign", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("door", PEOPLE)
def test_a_sign_nobody_sees_is_dropped_for_people(door, sign):
    words = f"路灯{sign}不亮"
    came = PEOPLE[door]({"description": words, "address": words, "name": words})
    assert came.case is not None
    found = dict(kept(came.case))
    assert ["".join(found[field].split()) for field in ("description", "address", "name")] == ["路灯不亮"] * 3


@pytest.mark.parametrize("sign", UNSEEN.values(), ids=UNSEEN)
@pytest.mark.parametrize("door", PROGRAMS)
def test_a_sign_nobody_sees_is_refused_to_programs_at_its_field(door, sign):
    for field, called in (("description", ("description", "text")), ("address", ("address",)), ("name", ("name",))):
        came = PROGRAMS[door]({field: f"路灯{sign}不亮"})
        assert came.case is None
        assert came.statuses[-1] in {400, 422}
        assert f"U+{ord(sign):04X}" in came.said
        assert any(name in came.said for name in called)


@pytest.mark.parametrize("words", NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("door", DOORS)
def test_words_nobody_sees_are_no_words(door, words):
    came = DOORS[door]({"description": words})
    if door == "open311":  # where the answers to a topic's questions may stand for words
        assert came.case is not None
        assert came.case.request.description == DOORS[door]({"description": ""}).case.request.description
    else:
        assert came.case is None
        assert came.statuses[-1] in {400, 422}


@pytest.mark.parametrize("door", DOORS)
def test_a_line_ends_with_one_sign_and_an_accent_stands_on_its_letter(door):
    came = DOORS[door]({"description": "第一行\r\n第二行\r\n\r\ncafe\u0301"})
    assert came.case is not None
    assert came.case.request.description == "第一行\n第二行\n\ncafé"


@few
@given(text=st.text(st.characters(), max_size=40) | st.text(st.characters(max_codepoint=255), max_size=40))
def test_any_words_are_kept_by_the_rule_or_refused(text):
    for name, door in DOORS.items():
        came = door({"description": WORDS + text, "address": text, "name": text})
        assert all(status < 500 for status in came.statuses), name
        assert name in PEOPLE or came.case is None or fits(text)
        for _field, words in kept(came.case) if came.case else ():
            assert clean(words) == words, name
        if came.case and name != "importer":
            assert came.case.request.description == tidy(WORDS + clean(text)), name


@pytest.mark.parametrize("point", NO_POINTS.values(), ids=NO_POINTS)
@pytest.mark.parametrize("door", DOORS)
def test_what_is_no_point_is_refused_everywhere(door, point):
    came = DOORS[door]({"lon": point[0], "lat": point[1], "address": "海景二路 128 号"})
    assert came.case is None
    assert came.statuses[-1] in {400, 422}


@pytest.mark.parametrize("spot", SPOTS)
@pytest.mark.parametrize("door", PEOPLE)
def test_a_spot_that_is_no_point_is_told_and_the_words_stay(door, spot):
    came = PEOPLE[door]({"spot": spot, "address": "海景二路 128 号"})
    assert came.case is None
    assert came.statuses[-1] == 422
    assert door == "phone" or "海景二路 128 号" in came.said


@pytest.mark.parametrize("door", DOORS)
def test_a_point_is_kept_everywhere(door):
    came = DOORS[door]({"lon": "114.2401", "lat": "22.5571"})
    assert came.case is not None
    assert (came.case.request.lon, came.case.request.lat) == (114.2401, 22.5571)


NUMBERS = st.floats().map(str) | st.floats(-200, 200).map("{:.6f}".format) | st.text(max_size=12)


@few
@given(lon=NUMBERS, lat=NUMBERS)
def test_any_point_is_a_place_or_refused(lon, lat):
    for name, door in DOORS.items():
        came = door({"lon": lon, "lat": lat, "address": "海景二路 128 号"})
        assert all(status < 500 for status in came.statuses), name
        request = came.case.request if came.case else None
        if request and request.lon is not None:
            assert point_in(f"{request.lon:.15f},{request.lat:.15f}"), name


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0755-25551234-801", "+8675525551234;ext=801"),
        ("０７５５ ２５５５ １２３４ 转 ８０１", "+8675525551234;ext=801"),
        ("852 2123 4567", "+85221234567"),
        ("86-138 0000 6021", "+8613800006021"),
    ],
)
@pytest.mark.parametrize("door", DOORS)
def test_a_telephone_of_several_parts_is_understood_everywhere(door, written, stored):
    came = DOORS[door]({"phone": written, "name": "刘晓梅"})
    assert came.case is not None, came.said
    assert CaseParty.objects.get(case=came.case).contact.phone.open() == stored


PHONES = st.text("0123456789０１+-— ()（）转x;=.\u200b", max_size=24) | st.from_regex(
    r"0755[- ]?2555[- ]?\d{4}[-转 ]?\d{0,5}", fullmatch=True
)


@few
@given(phone=PHONES)
def test_any_telephone_is_one_or_refused(phone):
    for name, door in DOORS.items():
        came = door({"phone": phone, "name": "刘晓梅"})
        assert all(status < 500 for status in came.statuses), name
        contact = CaseParty.objects.get(case=came.case).contact if came.case else None
        stored = contact.phone.open() if contact is not None else ""
        if stored:
            assert stored == normalise_phone(phone), name
        elif came.case is None:
            with pytest.raises((InvalidPhone, Unfit)):
                normalise_phone(checked(phone))


@pytest.mark.parametrize(
    "words",
    [
        ["admin", "yt\x07new", "--unit", "zsj"],
        ["admin", "yt-new", "--unit", "zsj", "--name", "罗\u202e晓棠"],
        ["maintenance", "on", "--reason", "升级\x01"],
        ["queue", "discard", "1", "--reason", "\udcff"],
        ["hotline", "import", "records.csv", "--program", "旧\x85热线"],
    ],
    ids=lambda words: " ".join(words[:2]),
)
def test_a_word_of_a_command_is_refused_too(words, capsys):
    with pytest.raises(SystemExit):
        run(words)
    assert re.search(r"U\+\w{4}", capsys.readouterr().err)


def test_what_a_browser_calls_itself_and_what_a_file_is_called_are_kept_by_the_rule(rf):
    assert client_agent(rf.get("/", headers={"user-agent": "Mozilla\x85\x07 5.0"})) == "Mozilla\n 5.0"
    assert stored_name("照片\u202e\x07 cafe\u0301.png", ".jpg") == "照片 café.jpg"


def test_what_a_mapping_puts_together_is_checked_too(tmp_path):
    layout = Layout.from_toml('[compose]\ndescription = "{内容}，{备注}"')
    path = tmp_path / "records.csv"
    path.write_text("原编号,状态,登记时间,内容,备注\nA1,在办,2026-11-01,路灯不亮,三\x07天\n")
    batch = importing.begin(program="doors", file_name="records.csv", mapping="", actor=SYSTEM, at=MONDAY_MORNING)
    check(batch, path, layout, at=MONDAY_MORNING)
    fault = ImportFault.objects.get(batch=batch)
    assert (fault.row, fault.field) == (2, "description")
    assert "U+0007" in fault.message
    for toml in ('program = "旧\u202e热线"', 'program = "a\\u0007"'):
        with pytest.raises(LayoutError):
            Layout.from_toml(toml)
