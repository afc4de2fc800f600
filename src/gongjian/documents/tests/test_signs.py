"""Letters are set whatever signs somebody once got into the words, alone and in a batch."""

import json
from datetime import UTC, datetime

import pytest

from gongjian.documents import engine
from gongjian.documents.letters import FOLDER, letter_pdf

ODD = {
    "controls": "".join(map(chr, [*range(1, 32), *range(127, 160)])),
    "overrides": "\u202a\u202e\u202d\u2066\u2067\u2069\u200f",
    "noncharacters": "\ufdd0\ufdef\ufffe\uffff\U0001fffe\U0010ffff",
    "private": "\ue000\uf8ff\U000f0000\U0010fffd",
    "unseen": "\u200b\ufeff\u00ad\u034f\u2800\u3164\U000e0041",
    "marks": "\u0301\u20dd\u302a" * 40,
    "of a pair": "\ud800 \udfff",
    "pictures": "🔥👨‍👩‍👧🏽🇨🇳\ufe0f",
    "scripts": "\u0627\u0e01\u0d85\u1200\u13a0\u4db5\U00020000\U00030000",
    "tabs": "一\t二\t\t三",
    "quotes": "\"\\ ' ` # $ * _ <a> @b //",
    "line ends": "a\r\nb\rc\u2028d\u2029e\x85f\x0bg",
}
EVERYTHING = "".join(ODD.values())


def reply(words):
    return {
        "language": "zh", "issuer": words, "number": f"YT-2612-00030{words}", "title": f"关于路灯的答复{words}",
        "recipient": words, "paragraphs": [f"路灯{words}不亮。", words], "signer": words, "date": "2026年12月1日",
        "contact": words, "created": datetime(2026, 12, 1, tzinfo=UTC),
    }  # fmt: skip


@pytest.mark.parametrize("words", [*ODD.values(), EVERYTHING], ids=[*ODD, "everything"])
def test_no_sign_of_a_person_keeps_a_letter_from_being_set(words):
    assert letter_pdf("reply", reply(words)).startswith(b"%PDF")


@pytest.mark.parametrize("words", [ODD["controls"], ODD["pictures"], ODD["tabs"]], ids=["controls", "pictures", "tabs"])
def test_the_engine_by_itself_leaves_out_what_it_cannot_set(words):
    values = {**reply(words), "created": "2026-12-01T00:00:00+00:00"}
    pdf = engine.run("typeset", [str(FOLDER / "reply.typ")], json.dumps(values).encode())
    assert pdf.startswith(b"%PDF")
