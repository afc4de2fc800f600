"""The forms a resident fills in: five steps of a report, looking a matter up, and what may be done with it."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongjian.casework.numbers import LEAST_DIGITS, LONGEST_MESSAGE, MONTH_DIGITS, MOST_DIGITS, read_number
from gongjian.documents.limits import ACCEPT, limits_lazy
from gongjian.documents.models import Document
from gongjian.domains.hotline.forms.placing import NOWHERE, Place, gone_words, settle, show_without_point
from gongjian.domains.hotline.forms.questions import AskingForm
from gongjian.parties.emails import normalise_email
from gongjian.parties.phones import line_of, normalise_phone
from gongjian.parties.refusals import InvalidParty
from gongjian.parties.texting import barred_code
from gongjian.places.rules import point_in
from gongjian.sealing.tokens import read_receipt_code
from gongjian.web.forms import FoldedField, Form

MOST_PHOTOS: Final = 5
DESCRIPTION: Final = 4_000
WORDS: Final = 2_000
LEAST, MOST = MONTH_DIGITS + LEAST_DIGITS, MONTH_DIGITS + MOST_DIGITS  # digits of a case number
LONGEST_NUMBER: Final = 30  # with its name and marks
TAIL_DIGITS: Final = 4
_TAIL: Final = re.compile(r"(?:手机|电话|号码|尾号|后 ?4 ?位|后四位|[:： ])*(\d{4})", re.ASCII)
KINDS: Final = (
    ("complaint", _("反映一个问题")),
    ("enquiry", _("问一件事")),
    ("help", _("请人帮忙")),
    ("suggestion", _("提个建议")),
)
SOLVED: Final = (
    ("yes", pgettext_lazy("评价", "解决了")),
    ("partly", pgettext_lazy("评价", "解决了一部分")),
    ("no", pgettext_lazy("评价", "没有解决")),
)
SATISFACTION: Final = (("5", _("很满意")), ("4", _("满意")), ("3", _("一般")), ("2", _("不满意")), ("1", _("很不满意")))


class PhotosInput(forms.ClearableFileInput):
    """Several photos at once, straight from the camera on a phone."""

    allow_multiple_selected = True


class PhotosField(forms.FileField):
    """A list of uploads; each is judged for itself when it is stored."""

    most = MOST_PHOTOS  # how many more the page lets somebody choose

    def clean(self, data: Any, initial: Any = None) -> Any:  # noqa: ARG002 - Django's signature
        given = data if isinstance(data, list | tuple) else [data]
        return [upload for upload in given if isinstance(upload, UploadedFile)] if any(given) else []


class PublicForm(Form):
    """A form anybody may send; `website` is a field that people do not see and programs fill in."""

    website = forms.CharField(required=False, max_length=200, label=_("这一栏请留空"))

    @property
    def from_a_program(self) -> bool:
        return bool(str(self.data.get("website", "")).strip())


class WhatForm(PublicForm):
    """Step 1: what it is about."""

    kind = forms.ChoiceField(label=_("您想"), choices=KINDS, initial="complaint", widget=forms.RadioSelect)
    words = FoldedField(
        label=_("说一句，是什么事"), required=False, max_length=60, help_text=_("比如：路灯不亮、夜里施工、想问居住证")
    )
    topic = forms.ChoiceField(label=_("或者选一类"), required=False, widget=forms.RadioSelect)

    def __init__(self, *args: Any, topics: Iterable[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = list(topics)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """Either a few words or a topic is enough."""
        cleaned = super().clean() or {}
        if not cleaned.get("words") and not cleaned.get("topic") and "words" not in self.errors:
            self.add_error("words", _("还没说是什么事。写一句，或者从下面选一类。"))
        return cleaned


class WhereForm(PublicForm):
    """Step 2: where it is; one of community, words and a point on the map is enough."""

    community = forms.ChoiceField(label=_("您住的、或常去的社区"), required=False, widget=forms.RadioSelect)
    address = FoldedField(
        label=_("具体地点"), required=False, max_length=120, help_text=_("写路名、楼名或明显的标志都可以")
    )
    spot = forms.CharField(required=False, widget=forms.HiddenInput)  # "lon,lat" of the suggestion taken
    lon = forms.CharField(required=False, widget=forms.HiddenInput)  # of the point tapped on the map
    lat = forms.CharField(required=False, widget=forms.HiddenInput)
    point_for = forms.CharField(required=False, widget=forms.HiddenInput)  # the words the point was chosen for
    unknown = forms.BooleanField(
        label=_("说不清在哪里"), required=False, help_text=_("也能办，只是话务员要先打电话问您。")
    )

    def __init__(
        self, *args: Any, communities: Iterable[tuple[str, Any]], before: Place = NOWHERE, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["community"].choices = list(communities)  # type: ignore[attr-defined]
        self.before = before  # what the page was drawn with

    def clean(self) -> dict[str, Any]:
        """A suggestion that was taken gives the point where none was tapped; what contradicts the last choice goes."""
        cleaned = super().clean() or {}
        cleaned["lon"], cleaned["lat"] = self._settled(cleaned) or (None, None)
        found = cleaned.get("community") or cleaned.get("address") or cleaned["lon"] is not None
        if not found and not cleaned.get("unknown") and "address" not in self.errors:
            self.add_error("address", _("还没写地点。写路名、楼名或明显的标志都可以。"))
        return cleaned

    def _settled(self, cleaned: dict[str, Any]) -> tuple[float, float] | None:
        """Return the point that holds; one that went is said once, and the form shows itself without it."""
        community = int(cleaned["community"]) if cleaned.get("community") else None
        given = Place(cleaned.get("address") or "", self._point(cleaned), community)
        place, against = settle(given, self.before, self.data.get("point_for"))
        held = cleaned["community"] = str(place.community or "")
        if against:
            self.data = show_without_point(self.data, held)
            self.add_error(against, gone_words(against))
        return place.point

    def _point(self, cleaned: dict[str, Any]) -> tuple[float, float] | None:
        """Return the point of the map or of the suggestion; what was sent as one and is none is said.

        A suggestion is newer than the point the page was drawn with, and older than one that was tapped since.
        """
        tapped = ",".join(filter(None, (cleaned.get("lon"), cleaned.get("lat"))))
        given = [text for text in (tapped, cleaned.get("spot")) if text]
        points = [point_in(text) for text in given]
        if None in points:
            self.add_error("address", _("地图上的点取错了。再点一次，或写下地点。"))
            return None
        return points[-1] if points and points[0] == self.before.point else next(iter(points), None)


class DescribeForm(PublicForm, AskingForm):
    """Step 3: what happened, in words and photos."""

    description = forms.CharField(
        label=_("说说情况"),
        max_length=DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("什么时候、什么样、多久了。不用写姓名、电话和证件号码，电话在下一步留。"),
        error_messages={"required": _("还没写是什么事。写一两句就行。")},
    )
    photos = PhotosField(
        label=_("照片"),
        required=False,
        widget=PhotosInput(attrs={"accept": "image/*", "multiple": True}),
        help_text=format_lazy(
            "{} {}", limits_lazy(Document.Kind.PHOTO, MOST_PHOTOS), _("照片里的拍摄地点会自动去掉。")
        ),
    )
    voice = forms.FileField(
        label=_("语音留言"),
        required=False,
        widget=forms.FileInput(attrs={"accept": ACCEPT[Document.Kind.RECORDING]}),
        help_text=format_lazy(
            "{} {}", limits_lazy(Document.Kind.RECORDING), _("不方便打字时用；我们听录音，不转成文字。")
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Let a voice message stand for the words; it says so where the words would be."""
        given = super().clean() or self.cleaned_data
        voice = given.get("voice") or self.voiced
        if voice and "description" in self.errors and not str(self.data.get("description", "")).strip():
            self.errors.pop("description")
            given["description"] = str(_("（语音留言，请听录音）"))
        return given

    def full_clean(self) -> None:
        """Keep the answers that are good beside the words, also where others are not."""
        super().full_clean()
        if self.is_bound:
            self.cleaned_data["answers"] = self.answers

    def __init__(self, *args: Any, voiced: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.voiced = voiced  # a voice message was handed in before


class ReachForm(PublicForm):
    """Where somebody is told of a matter; everything may stay empty."""

    phone = FoldedField(
        label=_("手机或座机"), required=False, max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    email = FoldedField(
        label=_("邮箱"), required=False, max_length=254, widget=forms.TextInput(attrs={"inputmode": "email"})
    )
    unnotified = forms.BooleanField(label=_("不用通知我，我自己凭查询码查"), required=False)
    language = forms.ChoiceField(
        label=_("用哪种语言通知您"), choices=(("zh-hans", "中文"), ("en", "English")), widget=forms.RadioSelect
    )

    def clean_phone(self) -> str:
        return _phone(self.cleaned_data["phone"])

    def clean_email(self) -> str:
        """Return the address, or word what is wrong with it."""
        text = self.cleaned_data["email"]
        try:
            return normalise_email(text) if text else ""
        except InvalidParty as error:
            raise ValidationError(str(error)) from error

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self._say_no_sms(cleaned)
        return cleaned

    def _say_no_sms(self, cleaned: dict[str, Any]) -> None:
        """Say at once that no text message reaches a number abroad, and offer mail; the number itself is kept."""
        self.barred = barred_code(cleaned.get("phone") or "", self.day)
        if self.barred and not (cleaned.get("email") or cleaned.get("unnotified") or "email" in self.errors):
            words = _("我们的短信发不到 %(code)s 的号码，写一个邮箱，我们用邮件通知您；不用通知，就勾下面一项。")
            self.add_error("email", words % {"code": self.barred})

    def __init__(self, *args: Any, day: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.day = day
        self.barred = ""  # code of a country to which no text message goes


class FollowForm(ReachForm):
    """Following a matter of another instead of reporting it again."""


class ContactForm(ReachForm):
    """Step 4: how to reach the reporter; everything may stay empty."""

    name = FoldedField(label=_("怎么称呼您"), required=False, max_length=40)
    consent = forms.BooleanField(
        label=_("办理单位可以打电话给我"),
        required=False,
        help_text=_("不勾，他们就看不到号码，有事由 12349 转告。每次有人看号码，您都查得到。"),
    )
    unnotified = forms.BooleanField(label=_("不用通知我，我自己凭件号和查询码查"), required=False)
    behalf_name = FoldedField(label=_("他（她）怎么称呼"), required=False, max_length=40)
    behalf_phone = FoldedField(
        label=_("他（她）的电话"), required=False, max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel"})
    )
    field_order = ("phone", "name", "email", "consent", "unnotified", "language", "behalf_name", "behalf_phone")

    def clean_behalf_phone(self) -> str:
        return _phone(self.cleaned_data["behalf_phone"])

    def clean(self) -> dict[str, Any]:
        """A consent to be called needs a number."""
        cleaned = super().clean()
        if cleaned.get("consent") and not cleaned.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("您同意办理单位来电，还要写一个号码；不想留号码，就去掉这一项的勾。"))
        return cleaned


def _phone(text: str) -> str:
    try:
        return normalise_phone(text) if text else ""
    except InvalidParty as error:
        raise ValidationError(str(error)) from error


class CheckForm(PublicForm):
    """Step 5: nothing to fill in; the button sends."""


class TrackForm(PublicForm):
    """Number and proof of a matter, each typed by hand or pasted with whatever stood around it."""

    number = FoldedField(
        label=_("件号"), required=False, max_length=LONGEST_MESSAGE, help_text=_("YT 开头，在短信或回执上")
    )
    secret = FoldedField(
        label=_("查询码，或手机号后 4 位"),
        required=False,
        max_length=LONGEST_MESSAGE,
        help_text=_("查询码是提交时给您的 13 位字母和数字，早先的是 10 位。手机号后 4 位只能看办到哪一步。"),
    )

    def clean(self) -> dict[str, Any]:
        """Read both from both fields: a message that was pasted into one may hold the number and the code.

        A code alone, in either field, may be a follower's: they have no number.
        """
        cleaned = super().clean() or {}
        if not self.errors:
            number, secret = cleaned["number"], cleaned["secret"]
            alone = not (number and secret) and not read_number(number or secret)
            cleaned["code"] = (read_receipt_code(number or secret) if alone else "") or ""
            cleaned["number"] = "" if cleaned["code"] else self._number(number, secret)
            cleaned["secret"] = self._secret(secret, number)
        return cleaned

    def miss_number(self) -> None:
        """Say that the number is missing, where a code alone was no follower's."""
        self.add_error("number", _why_no_number(str(self.data.get("number", "")).strip()))

    def _number(self, number: str, secret: str) -> str:
        """Return the number as it is stored; a digit too few or too many is said."""
        found = read_number(number) or read_number(secret)
        if not found:
            self.add_error("number", _why_no_number(number))
        return found

    def _secret(self, secret: str, number: str) -> str:
        """Return a receipt code without spaces, or the four digits of a phone ending."""
        found = read_receipt_code(secret or number) or phone_tail(secret)
        if not found and secret:
            wrong = _("查询码是 13 位字母和数字，早先的是 10 位，没有 0、O、1、I、L。手机尾号是 4 位数字。")
            self.add_error("secret", wrong)
        elif not found:
            self.add_error("secret", _("还没写查询码或手机号后 4 位，写一样就行。"))
        return found or ""


def _why_no_number(text: str) -> str:
    digits = sum(sign.isdigit() for sign in text)
    facts = {"prefix": settings.CASE_NUMBER_PREFIX, "n": max(LEAST - digits, digits - MOST)}
    if not text:
        return str(_("还没写件号。它在短信或回执上，YT 开头。"))
    if digits < LEAST:
        return str(_("件号是 %(prefix)s 加 9 到 14 位数字，少了 %(n)s 位。") % facts)
    if digits > MOST and len(text) <= LONGEST_NUMBER:
        return str(_("件号是 %(prefix)s 加 9 到 14 位数字，多了 %(n)s 位。") % facts)
    return str(_("这不像件号。件号例如 %(prefix)s-2611-00042，在短信或回执上。") % facts)


def phone_tail(text: str) -> str:
    """Return the last four digits of a phone, typed alone, behind their name, or with the whole number."""
    alone = _TAIL.fullmatch(text)
    if alone:
        return alone[1]
    try:
        return line_of(normalise_phone(text))[-TAIL_DIGITS:]
    except InvalidParty:
        return ""


class ProofCodeForm(PublicForm):
    """The code that came to the phone of the matter."""

    code = FoldedField(
        label=_("短信里的验证码"),
        max_length=20,
        help_text=_("6 位数字，5 分钟内有效"),
        error_messages={"required": _("还没写验证码。它是短信里的 6 位数字。")},
    )


class AddForm(PublicForm):
    """More words or photos for one's own matter."""

    text = forms.CharField(
        label=_("补充什么"), required=False, max_length=WORDS, widget=forms.Textarea(attrs={"rows": 5})
    )
    photos = PhotosField(
        label=_("照片"),
        required=False,
        widget=PhotosInput(attrs={"accept": "image/*", "multiple": True}),
        help_text=_("最多 5 张。照片里的拍摄地点会自动去掉。"),
    )


class UrgeForm(PublicForm):
    urge = forms.CharField(
        label=_("想说的话"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )


class RateForm(PublicForm):
    """Whether it helped."""

    solved = forms.ChoiceField(
        label=_("解决了吗"),
        choices=SOLVED,
        widget=forms.RadioSelect,
        error_messages={"required": _("选一下：解决了、解决了一部分，还是没有解决。")},
    )
    satisfaction = forms.TypedChoiceField(
        label=_("您满意吗"),
        choices=SATISFACTION,
        required=False,
        coerce=int,
        empty_value=None,
        widget=forms.RadioSelect,
    )
    comment = forms.CharField(
        label=_("想说的话"),
        required=False,
        max_length=WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("没有解决时，请写一句哪里没有解决，单位会照着重办。"),
    )


class AgainForm(PublicForm):
    text = forms.CharField(
        label=_("新的情况"),
        max_length=WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": _("写一句为什么要再看一次，单位会照着复核。")},
    )


class CancelForm(PublicForm):
    reason = forms.CharField(
        label=_("为什么撤销"), required=False, max_length=300, widget=forms.Textarea(attrs={"rows": 3})
    )
