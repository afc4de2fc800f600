"""What administrators type into the catalogues of the hotline."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongjian.casework import limits
from gongjian.domains.hotline.models import EmergencyWord
from gongjian.domains.hotline.queries.reference import ASSIST, LEAD, group_choices, topic_choices
from gongjian.domains.hotline.workflow import KINDS
from gongjian.identity.queries import units
from gongjian.web.catalogues import CatalogueForm, DayField, DaysForm, TextField, WholeField
from gongjian.web.forms import Form, fold
from gongjian.web.words import language
from gongjian.workdays.rules import local_moment

ANSWER: Final = "hotline.answer"
LIMITS: Final = {
    "hotline.answer": _("按诉求种类（咨询、投诉、建议、求助）"),
    "hotline.answer.complex": _("疑难复杂"),
    "hotline.answer.emergency": _("危及生命财产"),
    "hotline.answer.utility": _("水电气热"),
    "hotline.answer.enquiry": _("咨询"),
    "hotline.answer.complaint": _("投诉"),
    "hotline.answer.suggestion": _("建议"),
    "hotline.answer.help": _("求助"),
}
WEEKDAYS: Final = (
    ("1", _("周一")), ("2", _("周二")), ("3", _("周三")), ("4", _("周四")), ("5", _("周五")), ("6", _("周六")),
    ("7", _("周日")),
)  # fmt: skip


class MomentField(forms.DateTimeField):
    """A moment in Shenzhen, in digits of any width."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        found = super().to_python(fold(value).replace("T", " ") if isinstance(value, str) else value)
        return local_moment(found) if found is not None else None


def limit_choices() -> list[tuple[str, str]]:
    """Return the classes of answers that have a term today, in words."""
    keys = sorted({key for key, _urgency in limits.book().terms if key.startswith(ANSWER)})
    return [(key, str(LIMITS.get(key, key))) for key in keys]


def _lines(label: Any, most: int, rows: int = 2, *, required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=most, widget=area, required=required)


class TopicForm(CatalogueForm):
    """One topic, or one group of topics."""

    identity = ("code",)
    code = TextField(
        label=_("代码"), max_length=40, help_text=_("小写字母、数字和短横；建好以后不变，程序和旧件靠它认")
    )
    parent = forms.ChoiceField(label=_("大类"), required=False, help_text=_("空着就是一个大类"))
    name_zh = TextField(label=_("名称"), max_length=40, help_text=_("拼音和首字母自动生成"))
    name_en = TextField(label=_("英文名称"), max_length=80)
    order = WholeField(
        label=_("次序"), min_value=0, max_value=30_000, help_text=_("小的在前；100 以下的是反映页上的大按钮")
    )
    restricted = forms.BooleanField(
        label=_("限制查看"),
        required=False,
        help_text=_("只有主办单位指定的经办人、限制事项督办员和审计员看得到，各处合计不计；旧件跟着变"),
    )
    active = forms.BooleanField(
        label=_("在用"), required=False, initial=True, help_text=_("停用后新件不能选，旧件不变")
    )
    into = forms.ChoiceField(
        label=_("并入另一类"), required=False, help_text=_("新来的件归到那一类，这一类随之停用；旧件不变")
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["parent"].choices = [("", ""), *group_choices()]  # type: ignore[attr-defined]
        self.fields["into"].choices = [("", ""), *topic_choices()]  # type: ignore[attr-defined]


class TopicField(forms.ChoiceField):
    """One topic by its code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("类别"), **kwargs)


class RuleForm(DaysForm):
    """Who answers for a topic."""

    identity = ("topic",)
    topic = TopicField()
    lead_unit = forms.ChoiceField(label=_("主办单位"))
    street = forms.ChoiceField(
        label=_("所在街道"),
        required=False,
        choices=(("", _("不参与")), (ASSIST, _("协办")), (LEAD, _("主办，上面的单位协办"))),
    )
    limit_key = forms.ChoiceField(label=_("答复时限类别"))
    catalogue = TextField(label=_("目录版本"), max_length=20, help_text=_("如 2027-01"))
    clause = TextField(label=pgettext_lazy("目录", "条款"), max_length=20, help_text=_("如 3.2"))
    reason_zh = _lines(_("理由"), 120)
    reason_en = _lines(_("理由（英文）"), 200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", ""), *topic_choices()]  # type: ignore[attr-defined]
        self.fields["limit_key"].choices = limit_choices()  # type: ignore[attr-defined]
        self.fields["lead_unit"].choices = [("", ""), *unit_choices()]  # type: ignore[attr-defined]

    def clean_lead_unit(self) -> str:
        code: str = self.cleaned_data["lead_unit"]
        if not units().by_code[code].active:
            raise ValidationError(_("这个单位已经撤并，选一个现有的。"))
        return code


def unit_choices() -> list[tuple[str, str]]:
    """Return every unit by code, the closed ones last: they stand in old rules."""
    reader = language()
    closed = str(_("（已撤并）"))
    found = [(unit.code, unit.short(reader)) for unit in units().active]
    return found + [(unit.code, unit.short(reader) + closed) for unit in units() if not unit.active]


class EmergencyWordForm(DaysForm):
    """A word that makes the page show 110, 119 or 120."""

    identity = ("word",)
    word = TextField(label=_("词"), max_length=20, help_text=_("出现在诉求任何地方都算；只放没有别的意思的词"))
    service = forms.ChoiceField(label=_("叫谁"), choices=EmergencyWord.Service.choices)


class EverydayWordForm(DaysForm):
    """What people call a topic."""

    identity = ("topic", "word")
    topic = TopicField()
    word = TextField(label=_("老百姓怎么说"), max_length=40)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", ""), *topic_choices()]  # type: ignore[attr-defined]


class RejectReasonForm(DaysForm):
    """Why a matter cannot be taken, and where it belongs."""

    identity = ("code",)
    code = forms.SlugField(label=_("代码"), max_length=30)
    reason_zh = _lines(_("为什么不能受理"), 120)
    reason_en = _lines(_("为什么不能受理（英文）"), 200)
    channel_zh = _lines(_("该找谁"), 120)
    channel_en = _lines(_("该找谁（英文）"), 200)
    source = _lines(_("依据"), 200)
    order = WholeField(label=_("次序"), min_value=0, max_value=30_000)


class HoursForm(DaysForm):
    """When a desk is staffed."""

    identity = ("words_zh",)
    words_zh = TextField(label=_("怎么写在首页"), max_length=80, help_text=_("如 政务服务大厅：上午"))
    words_en = TextField(label=_("怎么写在首页（英文）"), max_length=120)
    weekdays = forms.MultipleChoiceField(label=_("星期几"), choices=WEEKDAYS, widget=forms.CheckboxSelectMultiple)
    opens = forms.TimeField(label=_("几点开始"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    closes = forms.TimeField(label=_("几点结束"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        opens, closes = cleaned.get("opens"), cleaned.get("closes")
        if opens and closes and closes <= opens:
            self.add_error("closes", ValidationError(_("结束要在开始之后。全天写 0:00 到 23:59。")))
        return cleaned


class NoticeForm(CatalogueForm):
    """A notice of the home page, or the banner above it."""

    match = ("title_zh", "starts_at")
    title_zh = TextField(label=_("标题"), max_length=80)
    title_en = TextField(
        label=_("标题（英文）"), max_length=120, required=False,
        help_text=_("急的先发中文：英文标题和正文都空着，英文页上是中文，注明英文稍后补上"),
    )  # fmt: skip
    body_zh = _lines(_("正文"), 5_000, 5)
    body_en = _lines(_("正文（英文）"), 5_000, 5, required=False)
    starts_at = MomentField(label=pgettext_lazy("公告", "开始"))
    ends_at = MomentField(
        label=pgettext_lazy("公告", "结束"), required=False, help_text=_("到时自动撤下；空着就一直在")
    )
    banner = forms.BooleanField(
        label=_("横幅"), required=False, help_text=_("放在每个居民页面最上面，放假、台风、停机时用")
    )

    def clean(self) -> dict[str, Any]:
        """Take the English whole or not at all: half of it would read as if that were everything."""
        cleaned = super().clean() or {}
        title, body = (str(cleaned.get(name) or "").strip() for name in ("title_en", "body_en"))
        if bool(title) != bool(body):
            missing = "body_en" if title else "title_en"
            self.add_error(missing, ValidationError(_("英文的标题和正文一起写；来不及就都空着，先发中文。")))
        return cleaned


class TryForm(Form):
    """What somebody might say, to see who would get it."""

    words = forms.CharField(
        label=_("诉求怎么说"), required=False, max_length=500, widget=forms.Textarea(attrs={"rows": 3})
    )
    topic = TopicField(required=False)
    community = forms.ChoiceField(label=_("社区"), required=False)
    kind = forms.ChoiceField(label=_("种类"), choices=[(k.key.partition(".")[2], k.label) for k in KINDS])
    day = DayField(label=_("哪一天来的"))

    def __init__(self, *args: Any, communities: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["topic"].choices = [("", ""), *topic_choices()]  # type: ignore[attr-defined]
        self.fields["community"].choices = [("", ""), *communities]  # type: ignore[attr-defined]
