"""What residents are told by text message and e-mail, word for word.

`GOLDEN=write pytest …` writes the golden file anew; read the difference before committing it.
"""

import os
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from gongjian.casework.kinds import Audience, By
from gongjian.casework.models import CaseEvent
from gongjian.casework.tasks import tell_event
from gongjian.domains.hotline.workflow import KINDS, MOVES
from gongjian.notify.models import Channel, Message
from gongjian.notify.wording import words_of
from gongjian.testing.cases import make_request
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.rules import SHANGHAI

GOLDEN = Path(__file__).parents[5] / "tests" / "golden" / "hotline-applicant-notices.txt"
TOLD = [move for move in MOVES if Audience.APPLICANT in move.audience]
OWN = [move for move in MOVES if Audience.OWN_ACT in move.audience]
# A text message longer than this is sent, and paid, as more than three.
LONGEST_SMS = 210
CONTEXT = {
    "number": "YT-2611-04178",
    "title": "永安北一街工地夜间施工噪声",
    "unit_zh": "盐田生态环境管理局",
    "unit_en": "Yantian Ecology and Environment Administration",
    "at": datetime(2026, 11, 24, 9, 5, tzinfo=SHANGHAI),
    "line": "12349",
    "due_at": datetime(2026, 11, 30, 16, tzinfo=SHANGHAI),
    "dues": {
        "accept": datetime(2026, 11, 23, 11, tzinfo=SHANGHAI),
        "answer": datetime(2026, 12, 1, tzinfo=SHANGHAI),
        "wait": datetime(2026, 12, 1, tzinfo=SHANGHAI),
    },
    "words": "请补一张晚上十点以后的现场照片。",
    "request": SimpleNamespace(
        answer_source="办事指南",
        reject_reason=SimpleNamespace(
            reason_en="The matter is before a court.", channel_en="Legal aid: 12348, day and night."
        ),
    ),
}


@pytest.fixture(autouse=True)
def _morning(monkeypatch):
    monkeypatch.setenv("GONGJIAN_CLOCK", MONDAY_MORNING.isoformat())


def words_told():
    """Yield what each move tells the resident: that it was made, or that somebody made it in their name."""
    for move in TOLD:
        yield from ((move, words) for words in words_of(f"hotline/{move.name}_applicant", CONTEXT, "/track"))
    for move in OWN:
        yield from ((move, words) for words in words_of("hotline/own_act", {**CONTEXT, "move": move.past}, "/track"))


def told():
    parts = []
    for move, words in words_told():
        if move in TOLD or move is OWN[0]:
            head = f"== {move.name} {words.channel} {words.language}"
            parts.append("\n".join(filter(None, [head, words.subject, words.body])))
    return "\n\n".join(parts).replace("http://127.0.0.1:8000", "https://example.org") + "\n"


def test_the_texts_are_word_for_word():
    text = told()
    if os.environ.get("GOLDEN") == "write":
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(text)
    assert text == GOLDEN.read_text()


def test_every_move_that_tells_the_resident_has_its_texts_in_both_languages():
    for move in TOLD:
        found = {(w.channel, w.language) for w in words_of(f"hotline/{move.name}_applicant", CONTEXT, "/track")}
        assert found == {(c, lang) for c in (Channel.SMS, Channel.EMAIL) for lang in ("zh-hans", "en")}


def test_texts_are_short_and_say_number_and_where_to_look():
    for move, words in words_told():
        assert "YT-2611-04178" in f"{words.subject} {words.body}"
        assert "/track" in words.body
        if words.channel == Channel.SMS:
            assert len(words.body) <= LONGEST_SMS, move.name


def test_whatever_a_resident_can_do_is_told_to_the_resident():
    assert {move.name for move in OWN} == {m.name for m in MOVES if m.by == frozenset({By.APPLICANT})}


def test_a_deadline_at_midnight_is_told_as_the_end_of_the_day_before():
    text = told()
    assert "11月30日（周一）24:00前答复您" in text
    assert "by Mon 30 Nov, 24:00" in text


def test_the_resident_is_told_by_text_message_and_once(district):
    case = make_request(state="dispatched")
    event = CaseEvent.objects.get(case=case, move="dispatch")
    at = MONDAY_MORNING + timedelta(minutes=10)
    tell_event(event.pk, at=at)
    tell_event(event.pk, at=at)
    message = Message.objects.get(template="hotline/dispatch_applicant")
    assert message.channel == Channel.SMS
    assert case.number in message.body
    assert "最晚11月30日（周一）24:00前答复您" in message.body
    assert "刘晓梅" not in message.body


def test_every_kind_can_be_followed_by_link():
    assert {kind.track for kind in KINDS} == {"hotline:track"}
