"""A cell of questions and answers, 哪根灯杆：12 号；几盏：3, as answers to what the topic of its row asks today."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final

from django.utils.translation import gettext as _

from gongjian.documents.tables import WrongCell, moment
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.models import AttributeAnswer
from gongjian.domains.hotline.queries.open311 import Question
from gongjian.listing import listed

SHOWN: Final = 40
_SEMICOLON: Final = re.compile(r"(；；|;;)|[；;]")
_COLON: Final = re.compile("[：:]")
_COMMA: Final = re.compile("[、,，]")

# The id of a question and the plain form of an answer; one of each for every value that was chosen.
type Answers = tuple[tuple[int, str], ...]


def read_answers(cell: str, questions: Sequence[Question], zone: tzinfo) -> Answers:
    """Return the answers in a cell, in the order of the questions. Raises WrongCell with what would do."""
    asked = [one for one in questions if one.variable]
    known = {_loose(name): one for one in asked for name in (one.ask_zh, one.ask_en, one.code)}
    found: dict[int, list[str]] = {}
    for part in _parts(cell):
        question, said = _parted(part, known)
        if question is None:
            names = listed(one.ask_zh for one in asked) or _("这一类没有问题")
            told = _("没有“{cell}”这个问题。写成“问题：回答”，可以写：{names}")
            raise WrongCell(told.format(cell=part[:SHOWN], names=names))
        found.setdefault(question.id, []).extend(_values(question, said, zone))
    return tuple((one.id, value) for one in asked for value in dict.fromkeys(found.get(one.id, ())))


def answers_now(case_id: int) -> Answers:
    """Return what is kept of a case."""
    rows = AttributeAnswer.objects.filter(case=case_id).order_by("place", "pk")
    return tuple(rows.values_list("attribute_id", "value"))


def replace_answers(case_id: int, answers: Answers) -> None:
    """Let a case have these answers and no others."""
    AttributeAnswer.objects.filter(case=case_id).delete()
    AttributeAnswer.objects.bulk_create(
        AttributeAnswer(case_id=case_id, attribute_id=one, place=place, value=value)
        for place, (one, value) in enumerate(answers)
    )


def _parts(cell: str) -> Iterator[str]:
    """Yield what stands between single semicolons; doubled they are one of the answer."""
    part, end = "", 0
    for sign in _SEMICOLON.finditer(cell):
        part += cell[end : sign.start()]
        end = sign.end()
        if sign.group(1):
            part += sign.group()[0]
            continue
        if part.strip():
            yield part.strip()
        part = ""
    if (part + cell[end:]).strip():
        yield (part + cell[end:]).strip()


def _parted(part: str, known: Mapping[str, Question]) -> tuple[Question | None, str]:
    """Return the question and what was said: a question may itself hold a colon."""
    for sign in _COLON.finditer(part):
        question = known.get(_loose(part[: sign.start()]))
        if question is not None:
            return question, part[sign.end() :].strip()
    return None, part


def _values(question: Question, said: str, zone: tzinfo) -> Iterator[str]:
    for one in [part.strip() for part in _COMMA.split(said)] if question.several else [said]:
        value = _plain(question, one, zone)
        if value is None or not one:
            names = listed(choice.name_zh for choice in question.values)
            remedy = _("可以写：{names}").format(names=names) if names else _shape(question.datatype)
            told = _("“{question}”不能答“{cell}”。").format(question=question.ask_zh, cell=one[:SHOWN])
            raise WrongCell(f"{told}{remedy}")
        yield value


def _plain(question: Question, said: str, zone: tzinfo) -> str | None:
    names = {_loose(name): one.key for one in question.values for name in (one.key, one.name_zh, one.name_en)}
    if question.datatype == "datetime":
        try:
            said = moment(zone)(said).isoformat()
        except WrongCell:
            return None
    return rules.plain_answer(question.datatype, names.get(_loose(said), said), [one.key for one in question.values])


def _shape(datatype: str) -> str:
    words = {"number": _("写数字，例如 3 或 2.5。"), "datetime": _("写成 2026-11-23 09:00 这样。")}
    return words.get(datatype, _("只写一行，最多 200 字；长的问题最多 4000 字。"))


def _loose(text: str) -> str:
    return " ".join(rules.fold(text).casefold().split())
