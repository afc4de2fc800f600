"""What a topic asks besides, as fields of a form: the same questions and the same rule that programs meet."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils.translation import gettext as _

from gongjian.domains.hotline.actions.answers import plain
from gongjian.domains.hotline.models import ServiceAttribute
from gongjian.domains.hotline.queries.open311 import Question
from gongjian.domains.hotline.rules import LONGEST_LINE, LONGEST_TEXT, fold
from gongjian.web.forms import Form
from gongjian.workdays.rules import SHANGHAI, local_minute

PREFIX: Final = "ask-"
MOST_TYPED: Final = 200  # names of a page that are answers; no topic asks so much
_TYPE = ServiceAttribute.Datatype


class AskingForm(Form):
    """A form to which the questions of a topic are added once the topic is known; the class itself asks none."""

    def ask(self, questions: Sequence[Question], *, english: bool, required: bool = True) -> None:
        """Add a field for each question; words that ask for nothing are shown with the question after them."""
        self.questions = tuple(one for one in questions if one.variable)
        self.told = [one.ask_en if english else one.ask_zh for one in questions if not one.variable]
        for one in self.questions:
            self.fields[PREFIX + one.code] = _field(one, english=english, required=required and one.required)

    @property
    def asked(self) -> list[BoundField]:
        """Return the questions' fields in their order."""
        return [self[PREFIX + one.code] for one in getattr(self, "questions", ())]

    @property
    def answers(self) -> dict[str, list[str]]:
        """Return what was answered and is good, by code."""
        found = {}
        for one in getattr(self, "questions", ()):
            given = self.cleaned_data.get(PREFIX + one.code)
            values = given if isinstance(given, list) else [given] if given else []
            if values:
                found[one.code] = values
        return found


class Asked(AskingForm):
    """Only the questions of a topic: for a page that holds those of every topic, and for what it has sent."""

    def __init__(self, *args: Any, topic: str, questions: Sequence[Question], english: bool, **kwargs: Any) -> None:
        super().__init__(*args, auto_id=f"{topic}-%s", **kwargs)
        self.topic = topic
        self.ask(questions, english=english, required=not self.is_bound)

    @property
    def names(self) -> list[tuple[str, str, str]]:
        """Return name, question and what is said where it must be answered and is not, for the page's own script."""
        return [
            (one.name, str(one.label), str(one.field.error_messages["required"]) if one.field.required else "")
            for one in self.asked
        ]

    def sorted_out(self) -> tuple[dict[str, list[str]], list[tuple[str, str]]]:
        """Return the answers that can be kept as such, and the others as question and words: nothing is dropped.

        A page that was kept for days may ask what is not asked any more, or no longer so.
        """
        self.is_valid()
        good, known = self.answers, {one.code: one for one in self.questions}
        given = typed_answers(self.data)
        rest = {code: values for code, values in given.items() if code not in good}
        words = {code: str(self[PREFIX + code].label) if code in known else code for code in rest}
        return good, [(words[code], one) for code, values in rest.items() for one in values]


def _field(question: Question, *, english: bool, required: bool) -> forms.Field:
    words = question.ask_en if english else question.ask_zh
    shared: dict[str, Any] = {
        "label": words,
        "required": required,
        "help_text": (question.hint_en if english else question.hint_zh) or _shape(question.datatype),
        "error_messages": {"required": _("还没回答“%(question)s”。") % {"question": words}},
    }
    if question.datatype not in {_TYPE.ONE, _TYPE.MANY}:
        return AnswerField(question, **shared)
    choices = [(one.key, one.name_en if english else one.name_zh) for one in question.values]
    if question.datatype == _TYPE.MANY:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **shared)
    # A single choice that may be left open must also be possible to take back.
    open_too = [] if question.required else [("", _("不清楚，或不想说"))]
    return forms.ChoiceField(choices=[*choices, *open_too], widget=forms.RadioSelect, **shared)


def _shape(datatype: str) -> str:
    words = {str(_TYPE.NUMBER): _("写数字"), str(_TYPE.DATETIME): _("写成 2026-11-23 09:00 这样")}
    return words.get(datatype, "")


class AnswerField(forms.CharField):
    """An answer in free words, a number or a moment, kept in the plain form that programs send."""

    def __init__(self, question: Question, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_TEXT, widget=_widget(question.datatype), **kwargs)
        self.question = question

    def clean(self, value: Any) -> str:
        """Return the plain form; a moment without an offset is one of this place."""
        given = super().clean(value)
        if not given:
            return ""
        words = plain(self.question, _here(given) if self.question.datatype == _TYPE.DATETIME else given)
        if words is None:
            raise ValidationError(_remedy(self.question.datatype, self.label))
        return words

    def prepare_value(self, value: Any) -> Any:
        """Show a kept moment as people write it."""
        moment = _moment(value) if self.question.datatype == _TYPE.DATETIME else None
        return local_minute(moment) if moment and moment.tzinfo else value


def _widget(datatype: str) -> forms.Widget:
    if datatype == _TYPE.TEXT:
        return forms.Textarea(attrs={"rows": 3})
    return forms.TextInput(attrs={"inputmode": "decimal"} if datatype == _TYPE.NUMBER else {"autocomplete": "off"})


def _moment(text: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(fold(str(text)))
    except ValueError:
        return None


def _here(text: str) -> str:
    moment = _moment(text)
    return text if moment is None or moment.tzinfo else moment.replace(tzinfo=SHANGHAI).isoformat()


def _remedy(datatype: str, label: Any) -> str:
    words = {
        _TYPE.NUMBER: _("“%(question)s”写数字，例如 3 或 2.5。"),
        _TYPE.DATETIME: _("“%(question)s”写成 2026-11-23 09:00 这样。"),
        _TYPE.STRING: _("“%(question)s”只写一行，最多 %(most)s 字。"),
        _TYPE.TEXT: _("“%(question)s”最多 %(most)s 字。"),
    }
    return words[_TYPE(datatype)] % {
        "question": label,
        "most": LONGEST_LINE if datatype == _TYPE.STRING else LONGEST_TEXT,
    }


def initial_of(answers: Mapping[str, Sequence[str]], questions: Sequence[Question]) -> dict[str, Any]:
    """Return kept answers as a form begins with them."""
    several = {one.code for one in questions if one.several}
    return {
        PREFIX + code: list(values) if code in several else next(iter(values), "") for code, values in answers.items()
    }


def typed_values(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the answers among the values of a form that was kept, by code."""
    found = {name.removeprefix(PREFIX): given for name, given in values.items() if name.startswith(PREFIX)}
    return {code: list(given) if isinstance(given, list) else [given] for code, given in found.items() if given}


def typed_answers(posted: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return every answer that a page has sent, by code, whichever topic it belongs to."""
    names = [name for name in posted if name.startswith(PREFIX)][:MOST_TYPED]
    lists = getattr(posted, "getlist", None)
    return {
        name.removeprefix(PREFIX): [one for one in (lists(name) if lists else [posted[name]]) if one] for name in names
    }
