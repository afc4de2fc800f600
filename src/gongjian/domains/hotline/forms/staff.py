"""What the department's people type; lengths are those of the tables, so that nothing is cut silently."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from gongjian.domains.hotline.models import Return, ServiceRequest
from gongjian.web.forms import FoldedField, Form

LONGEST_REPLY: Final = 5_000
LARGEST_ROW: Final = 2**63 - 1
LARGEST_VERSION: Final = 2**31 - 1
LONGEST_NOTE: Final = 2_000
LONGEST_LINE: Final = 300
LONGEST_TITLE: Final = 80
SOLVED: Final = tuple(ServiceRequest.Solved.choices)


class VersionInput(forms.HiddenInput):
    """Drawn without a template: a page carries ten of them."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:  # noqa: ARG002
        given = format_html(' value="{}"', value) if value else ""
        return format_html('<input type="hidden" name="{}"{}{}>', name, given, flatatt(attrs or {}))


class VersionForm(Form):
    """Carries the version of the case the reader's page was drawn from."""

    version = forms.CharField(required=False, widget=VersionInput)

    @property
    def likeness(self) -> tuple[Any, ...]:
        """What the fields of a form nobody has filled in look like: the same for every case."""
        return type(self).__name__, self.auto_id


def _words(label: Any, *, most: int, rows: int = 4, required: bool = True, hint: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, max_length=most, required=required, help_text=hint, widget=forms.Textarea(attrs={"rows": rows})
    )


class WindowField(forms.IntegerField):
    """A number that a page carries and nobody types; what is none counts as not said."""

    def __init__(self, most: int) -> None:
        super().__init__(required=False, min_value=0, max_value=most, widget=VersionInput)

    def clean(self, value: Any) -> int | None:
        try:
            number: int | None = super().clean(value)
        except forms.ValidationError:
            return None
        return number


class PlainForm(VersionForm):
    """An act that needs no words."""


class ReplyForm(VersionForm):
    """The answer to the resident; a draft may be empty, what is sent may not.

    `draft` and `seen` say which draft the window holds and which version of it: 0 for a window that has kept nothing,
    None for a page that says nothing of drafts.
    """

    draft = WindowField(LARGEST_ROW)
    seen = WindowField(LARGEST_VERSION)
    text = _words(_("回复内容"), most=LONGEST_REPLY, rows=9, required=False)
    resolved = forms.ChoiceField(
        label=_("问题解决了吗"), choices=ServiceRequest.Solved.choices, required=False, widget=forms.RadioSelect
    )


class SubmitForm(ReplyForm):
    """The answer as it goes to the reviewer: nothing of it may be missing."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        told = {"text": _("写上答复，居民会看到这段话。"), "resolved": _("选一下：解决了、部分解决、没有解决。")}
        for name, words in told.items():
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = words


class ContactForm(VersionForm):
    reached = forms.TypedChoiceField(
        label=_("打通了吗"),
        choices=[("yes", _("打通了")), ("no", _("没有打通"))],
        coerce=lambda value: value == "yes",
        initial="yes",
        widget=forms.RadioSelect,
    )
    remark = _words(_("联系的结果"), most=LONGEST_LINE, rows=3, hint=_("居民看得到这句话。"))


class NoteForm(VersionForm):
    text = _words(_("意见"), most=LONGEST_NOTE, rows=3, hint=_("只有内部看得到。"))


class QuestionForm(VersionForm):
    question = _words(_("要居民补什么"), most=LONGEST_LINE, rows=3, hint=_("居民会看到这句话。"))


class ResumeForm(VersionForm):
    remark = _words(_("说明"), most=LONGEST_LINE, rows=2, required=False)


class ExtensionForm(VersionForm):
    days = FoldedField(label=_("延几个工作日"), max_length=3, widget=forms.TextInput(attrs={"inputmode": "numeric"}))
    reason = _words(_("为什么要延"), most=LONGEST_LINE, rows=3, hint=_("同意后居民会看到这个理由。"))

    def clean_days(self) -> int:
        """Return the number of working days; full-width digits are folded by the field."""
        days = self.cleaned_data["days"]
        if not days.isascii() or not days.isdigit():
            raise forms.ValidationError(_("写一个数字，比如 3。"))
        return int(days)


class DecisionForm(VersionForm):
    granted = forms.TypedChoiceField(
        label=_("同意延期吗"),
        choices=[("yes", _("同意")), ("no", _("不同意"))],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    reason = _words(_("意见"), most=LONGEST_LINE, rows=2, required=False, hint=_("不同意要写为什么。"))

    def clean(self) -> dict[str, Any]:
        """Ask for the reason of a refusal beside everything else that is missing."""
        cleaned = super().clean() or {}
        if cleaned.get("granted") is False and not str(cleaned.get("reason", "")).strip():
            self.add_error("reason", _("不同意要写一句为什么。"))
        return cleaned


class ReturnForm(VersionForm):
    reason = forms.ChoiceField(label=_("退回的理由"), choices=Return.Reason.choices, widget=forms.RadioSelect)
    basis = _words(_("依据"), most=LONGEST_LINE, rows=3, hint=_("哪个文件、哪一条说不归本单位。"))
    proposed_unit = forms.TypedChoiceField(
        label=_("建议派给"), coerce=int, empty_value=None, required=False, help_text=_("不知道可以不选。")
    )

    def __init__(self, *args: Any, units: list[tuple[int, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choice = self.fields["proposed_unit"]
        if isinstance(choice, forms.ChoiceField):
            choice.choices = [("", _("还不知道")), *(units or [])]
        self.units = tuple(units or ())

    @property
    def likeness(self) -> tuple[Any, ...]:
        return *super().likeness, self.units


class SuperviseForm(VersionForm):
    text = _words(_("督办意见"), most=LONGEST_NOTE, rows=3, hint=_("经办单位会收到。"))


class PublishForm(VersionForm):
    title = FoldedField(
        label=_("公开的标题"),
        max_length=LONGEST_TITLE,
        help_text=_("只写是什么事。不写姓名、门牌、房号，也不写看得出是谁的话。"),
    )

    @property
    def likeness(self) -> tuple[Any, ...]:
        return *super().likeness, self["title"].value()


class CorrectForm(VersionForm):
    reason = _words(
        _("为什么要更正"), most=LONGEST_LINE, rows=3, hint=_("经办单位和督办都会看到；错的那一步还留在经过里。")
    )


class SendForm(VersionForm):
    """Where the dispatcher sends a case from its own page; the unit that is offered stands in it already."""

    unit = forms.TypedChoiceField(label=_("派给哪个单位"), coerce=int, empty_value=None)
    assist = forms.TypedChoiceField(label=_("协办单位"), coerce=int, empty_value=None, required=False)
    reason = _words(
        _("为什么派给它"), most=LONGEST_LINE, rows=2, required=False, hint=_("不按目录派，要写一句；单位看得到。")
    )

    def __init__(self, *args: Any, units: Sequence[tuple[int, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, nobody in (("unit", _("请选一个单位")), ("assist", _("没有协办单位"))):
            choice = self.fields[name]
            if isinstance(choice, forms.ChoiceField):
                choice.choices = [("", nobody), *units]
        self.units = tuple(units)

    @property
    def likeness(self) -> tuple[Any, ...]:
        return *super().likeness, self.units, self.initial.get("unit")


class ReviewForm(VersionForm):
    """Passing an answer may carry a remark; sending it back must."""

    remark = _words(
        _("审核意见"), most=LONGEST_LINE, rows=3, required=False, hint=_("退回要写答复缺什么，单位照着改。")
    )


class RevealForm(Form):
    purpose = FoldedField(
        label=_("为什么要看号码"), max_length=100, help_text=_("来电人看得到这句话和您的单位。十五分钟后自动遮回去。")
    )
