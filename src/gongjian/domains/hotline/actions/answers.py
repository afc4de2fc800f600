"""What a topic asks besides: answers are checked by one rule and kept alike, whoever was asked and by which way."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from gongjian.casework.errors import RefusedError
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.models import AttributeAnswer
from gongjian.domains.hotline.queries.open311 import Question
from gongjian.listing import listed

type Given = Mapping[str, Sequence[str]]
type Checked = list[tuple[Question, str]]


def checked_answers(questions: Sequence[Question], given: Given) -> Checked:
    """Return the answers in the order of the questions, each value in its plain form.

    Errors: `RefusedError` naming `attribute[CODE]` for a question that does not exist, an answer that is missing, not
    of the datatype, or not on the list.
    """
    known = {question.code: question for question in questions if question.variable}
    for code in given:
        if code not in known:
            raise RefusedError(f"attribute[{code}]", _("这个类别没有这个问题。请先读类别的定义。"))
    found: Checked = []
    for question in known.values():
        values = given.get(question.code, ())
        if not values and question.required:
            raise RefusedError(f"attribute[{question.code}]", _("这个问题必须回答：%s") % question.ask_zh)
        if len(values) > 1 and not question.several:
            raise RefusedError(f"attribute[{question.code}]", _("这个问题只能给一个答案。"))
        found += [(question, _plain(question, value)) for value in dict.fromkeys(values)]
    return found


def keep_answers(case_id: int, answers: Checked) -> None:
    """Write down what was answered in a case: one statement."""
    AttributeAnswer.objects.bulk_create(
        AttributeAnswer(case_id=case_id, attribute_id=question.id, place=place, value=value)
        for place, (question, value) in enumerate(answers)
    )


def plain(question: Question, value: str) -> str | None:
    """Return an answer in its plain form; None where it is not of the question's kind."""
    return rules.plain_answer(question.datatype, value, [choice.key for choice in question.values])


def _plain(question: Question, value: str) -> str:
    words = plain(question, value)
    if words is None:
        keys = listed(choice.key for choice in question.values)
        remedies = {
            "number": _("应为数字，例如 3 或 2.5。"),
            "datetime": _("应为带时区的时间，例如 2026-11-23T09:00:00+08:00。"),
            "string": _("应为一行文字，最多 200 字。"),
            "text": _("最多 4000 字。"),
        }
        told = remedies.get(question.datatype) or _("只能是其中的代码：%s。") % keys
        raise RefusedError(f"attribute[{question.code}]", told)
    return words
