"""What the call-taker types while somebody is on the line, and what the callback desk writes down."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongjian.domains.hotline.actions.calls import Outcome
from gongjian.domains.hotline.actions.intake import LONGEST
from gongjian.domains.hotline.forms.placing import NOWHERE, Place, gone_words, settle, show_without_point
from gongjian.domains.hotline.forms.questions import PREFIX, AskingForm, typed_answers
from gongjian.domains.hotline.models import EmergencyWord, ServiceRequest
from gongjian.domains.hotline.queries import TopicRef
from gongjian.domains.hotline.rules import tidy
from gongjian.parties.phones import normalise_phone
from gongjian.parties.refusals import InvalidParty
from gongjian.places.rules import point_in
from gongjian.text import clean
from gongjian.web.forms import FoldedField, Form, fold

KINDS: Final = (("enquiry", _("咨询")), ("complaint", _("投诉")), ("suggestion", _("建议")), ("help", _("求助")))
LANGUAGES: Final = (("zh-hans", _("中文")), ("en", _("英语")))
SATISFACTION: Final = (
    ("1", _("很不满意")),
    ("2", _("不满意")),
    ("3", _("一般")),
    ("4", _("满意")),
    ("5", _("很满意")),
)
AGREED: Final = "yes"
CONSENT: Final = ((AGREED, _("可以")), ("no", _("不可以")))
LONGEST_DRAFT: Final = 40_000
LONGEST_ANSWER: Final = 2_000


class WordsField(forms.CharField):
    """One line of somebody's words: letters and digits are folded, Chinese punctuation stays."""

    def to_python(self, value: Any) -> Any:
        cleaned = super().to_python(value)
        return tidy(cleaned) if isinstance(cleaned, str) else cleaned


class CallForm(AskingForm):
    """The desk's one form. `act` says what is wanted of it: what an answer needs is not asked of a registration."""

    token = forms.CharField(required=False, max_length=60, widget=forms.HiddenInput)
    seen = forms.CharField(
        required=False, max_length=10, widget=forms.HiddenInput
    )  # version of the draft it was read at
    started = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)  # milliseconds since 1970
    transfer = forms.ChoiceField(required=False, choices=EmergencyWord.Service.choices, widget=forms.HiddenInput)
    phone = FoldedField(
        label=_("号码"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "inputmode": "tel"}),
    )
    name = WordsField(label=_("称呼"), required=False, max_length=40)
    language = forms.ChoiceField(label=_("语言"), choices=LANGUAGES, initial="zh-hans", required=False)
    behalf_name = WordsField(label=_("代谁"), required=False, max_length=40)
    behalf_phone = FoldedField(
        label=_("对方号码"), required=False, max_length=40, widget=forms.TextInput(attrs={"type": "tel"})
    )
    kind = forms.ChoiceField(label=_("类型"), choices=KINDS, initial="complaint", widget=forms.RadioSelect)
    urgent = forms.BooleanField(label=_("紧急"), required=False)
    title = WordsField(label=_("标题"), required=False, max_length=80)
    topic = forms.CharField(required=False, max_length=12, widget=forms.HiddenInput)
    topic_text = FoldedField(label=_("类别"), required=False, max_length=80)
    address = WordsField(label=_("地点"), required=False, max_length=120)
    place = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)  # "lon,lat" of a suggestion
    point_for = forms.CharField(required=False, max_length=120, widget=forms.HiddenInput)  # the words it was taken for
    community = forms.TypedChoiceField(label=_("社区"), coerce=int, empty_value=None, required=False)
    description = forms.CharField(
        label=pgettext_lazy("工单", "经过"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    # Asked and said, never taken for granted: nothing is chosen before, and without it 12349 passes on what there is.
    consent = forms.ChoiceField(
        label=_("承办单位可以打给您吗？"), choices=CONSENT, required=False, widget=forms.RadioSelect
    )
    sms = forms.BooleanField(label=_("短信发件号"), required=False)
    anonymous = forms.BooleanField(label=_("匿名"), required=False)
    confidential = forms.BooleanField(label=_("保密"), required=False)
    text = forms.CharField(
        label=_("答复"), required=False, max_length=LONGEST_ANSWER, widget=forms.Textarea(attrs={"rows": 3})
    )
    source = WordsField(label=_("依据"), required=False, max_length=200)
    reason = forms.CharField(label=_("不予受理的理由"), required=False, max_length=30)

    def __init__(
        self,
        *args: Any,
        topics: Iterable[TopicRef],
        communities: Iterable[tuple[str, Any]],
        reasons: Iterable[str],
        act: str = Outcome.REGISTER,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, auto_id="call-%s", **kwargs)
        self.act, self.topics, self.reasons = act, tuple(topics), frozenset(reasons)
        self.fields["community"].choices = [("", _("社区不清楚")), *communities]  # type: ignore[attr-defined]

    def clean_topic_text(self) -> str:
        """Find the topic that was taken from the list or typed: its name, or pinyin that fits one topic only."""
        typed = fold(self.cleaned_data["topic_text"])
        chosen = self.cleaned_data.get("topic", "")
        if not typed:
            self.cleaned_data["topic"] = None
            return ""
        found = [t for t in self.topics if str(t.id) == chosen and typed in {t.name_zh, t.name_en}]
        found = found or [t for t in self.topics if typed.lower() in {t.name_zh, t.name_en.lower()}]
        found = found or [t for t in self.topics if _spelt(t, typed.lower())]
        if len(found) != 1:
            self.cleaned_data["topic"] = None
            raise ValidationError(_("没有这个类别。从列表里选，或者清空，由派件员定。"))
        self.cleaned_data["topic"] = found[0].id
        return typed

    def clean_phone(self) -> str:
        return self._number("phone")

    def clean_consent(self) -> str:
        """Let a number be registered only with the answer to the question; an emergency waits for none."""
        answer = str(self.cleaned_data["consent"])
        numbered = str(self.data.get("phone") or "").strip() or not self.cleaned_data.get("name")
        asks = self.act == Outcome.REGISTER and not self.cleaned_data.get("transfer")
        if asks and numbered and not answer and not self.data.get("anonymous"):
            raise ValidationError(_("问一句：承办单位可以打给您吗？选“可以”或“不可以”。"))
        return answer

    def clean_behalf_phone(self) -> str:
        return self._number("behalf_phone")

    def _number(self, name: str) -> str:
        text = str(self.cleaned_data[name])
        if self.data.get("anonymous"):
            return ""
        try:
            return normalise_phone(text, name) if text else ""
        except InvalidParty as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        """Ask for what the decision needs, and say it at its field."""
        cleaned = super().clean() or {}
        service = cleaned.get("transfer")
        if not str(cleaned.get("description", "")).strip() and "description" not in self.errors:
            if service:
                # Put through first, written down later: the line must not wait for words.
                cleaned["description"] = _now("来电人有危险，电话已转 %(service)s。") % {"service": service}
            else:
                self.add_error("description", _("还没写是什么事。写一两句就行。"))
        silent = not (cleaned.get("phone") or cleaned.get("name") or cleaned.get("anonymous") or service)
        if silent and "phone" not in self.errors:
            self.add_error("phone", _("还没写号码和称呼。来电人不愿留，就勾“匿名”。"))
        self._check_place(cleaned)
        self._check_decision(cleaned)
        return cleaned

    def _check_place(self, cleaned: dict[str, Any]) -> None:
        given = cleaned.get("place") or ""
        point = cleaned["place"] = point_in(given)
        if given and point is None:
            self.add_error("address", _("地点的坐标不对。从列表里再选一次，或只写地点。"))
        place = Place(cleaned.get("address") or "", point, cleaned.get("community"))
        (_address, cleaned["place"], cleaned["community"]), against = settle(place, NOWHERE, self.data.get("point_for"))
        if against:
            self.data = show_without_point(self.data, str(cleaned["community"] or ""))
            self.add_error(against, gone_words(against))

    def _check_decision(self, cleaned: Mapping[str, Any]) -> None:
        if self.act == Outcome.ANSWER:
            if not str(cleaned.get("text", "")).strip() and "text" not in self.errors:
                self.add_error("text", _("写上答复，居民会看到这段话。"))
            if not cleaned.get("source") and "source" not in self.errors:
                self.add_error("source", _("写上依据：文件名、条款或网页名。"))
        if self.act == Outcome.REJECT and cleaned.get("reason") not in self.reasons:
            self.add_error("reason", _("选一条不予受理的理由。"))


class CallbackForm(Form):
    """What the resident said on the phone: three questions, and words where it is not solved."""

    version = forms.CharField(required=False, widget=forms.HiddenInput)
    was_contacted = forms.TypedChoiceField(
        label=_("办的单位联系过您吗？"),
        choices=[("yes", _("联系过")), ("no", _("没有"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    solved = forms.ChoiceField(
        label=_("问题解决了吗？"), choices=ServiceRequest.Solved.choices, widget=forms.RadioSelect
    )
    satisfaction = forms.TypedChoiceField(
        label=_("您满意吗？"), choices=SATISFACTION, coerce=int, widget=forms.RadioSelect
    )
    remark = forms.CharField(
        label=_("居民怎么说"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class AttemptForm(Form):
    version = forms.CharField(required=False, widget=forms.HiddenInput)
    remark = WordsField(label=_("没有打通的情况"), required=False, max_length=300)


class PurposeForm(Form):
    purpose = WordsField(label=_("为什么要看号码"), max_length=100)


def _spelt(topic: TopicRef, typed: str) -> bool:
    """Whether pinyin or initials begin like this; a single letter says nothing."""
    return len(typed) > 1 and typed.isascii() and any(word.startswith(typed) for word in topic.pinyin.split())


def kept_text(posted: QueryDict) -> str:
    """Return a posted form as a draft keeps it: its own fields only, as an url-encoded query."""
    kept = QueryDict(mutable=True)
    for name in CallForm.base_fields:
        if name in posted:
            kept[name] = clean(str(posted[name]))
    for code, values in typed_answers(posted).items():
        kept.setlist(PREFIX + code, [clean(value) for value in values])
    return kept.urlencode()


def kept_values(text: str) -> dict[str, Any]:
    """Return the initial values of a form from its draft; a box that was not ticked stays empty."""
    kept = QueryDict(text)
    values: dict[str, Any] = {
        name: (name in kept) if isinstance(field, forms.BooleanField) else kept.get(name, "")
        for name, field in CallForm.base_fields.items()
    }
    return values | {PREFIX + code: given for code, given in typed_answers(kept).items() if given}


def has_words(values: Mapping[str, Any]) -> bool:
    """Whether somebody has typed anything that would be missed."""
    typed = ("phone", "name", "behalf_name", "title", "topic_text", "address", "description", "text")
    return any(str(values.get(name, "")).strip() for name in typed) or any(name.startswith(PREFIX) for name in values)
