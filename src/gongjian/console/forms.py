"""What people type into the kernel's own pages."""

from datetime import date
from typing import TYPE_CHECKING

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from gongjian.identity.models import User
from gongjian.identity.queries import roles, units
from gongjian.identity.reference import RESIDENT
from gongjian.identity.rules import fold_name
from gongjian.web.forms import FoldedField, Form

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

type Label = "str | _StrPromise"
LONGEST_PASSWORD = 200
LONGEST_CODE = 20
LAST_DAY = date(2099, 12, 31)  # of a desk that ends; calendars go no further than year 9999
NEW_HINT = _("至少 10 个字符，几个不相干的词连起来最好记")


def _password(label: Label, autocomplete: str, hint: Label = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=LONGEST_PASSWORD,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, "class": "input"}),
    )


def _code(label: Label, *, required: bool = True) -> FoldedField:
    # A pasted code may carry a gap, so its length is not held at six.
    attrs = {"autocomplete": "one-time-code", "inputmode": "numeric"}
    return FoldedField(label=label, max_length=LONGEST_CODE, required=required, widget=forms.TextInput(attrs=attrs))


class SignInForm(Form):
    username = forms.CharField(
        label=_("工号或政务邮箱"),
        max_length=120,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "autofocus": True}
        ),
    )
    password = _password(_("密码"), "current-password")
    code = _code(_("动态码"), required=False)


class CodeForm(Form):
    code = _code(_("动态码"))


class PhoneForm(Form):
    phone = forms.CharField(
        label=_("手机号"),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel", "inputmode": "tel"}),
    )


class PhoneCodeForm(Form):
    phone = forms.CharField(max_length=40, widget=forms.HiddenInput)
    code = _code(_("验证码"))


class ProfileForm(Form):
    language = forms.ChoiceField(
        label=_("语言"), choices=(("zh-hans", "简体中文"), ("en", "English")), widget=forms.RadioSelect
    )
    mode = forms.ChoiceField(
        label=_("版式"),
        choices=((User.Mode.NORMAL, _("标准版")), (User.Mode.ELDER, _("长辈版：字大、一栏、先读给您听"))),
        widget=forms.RadioSelect,
    )
    text_step = forms.TypedChoiceField(
        label=_("长辈版字号"),
        choices=(
            (1, pgettext_lazy("字号", "大")),
            (2, pgettext_lazy("字号", "更大")),
            (3, pgettext_lazy("字号", "最大")),
        ),
        coerce=int,
        widget=forms.RadioSelect,
    )
    contrast = forms.ChoiceField(
        label=_("对比"),
        choices=(
            (User.Contrast.NORMAL, pgettext_lazy("对比", "普通")),
            (User.Contrast.MORE, pgettext_lazy("对比", "高对比")),
        ),
        widget=forms.RadioSelect,
    )
    single_keys = forms.BooleanField(label=_("用单字母按键"), required=False)


class PasswordForm(Form):
    old = _password(_("现在的密码"), "current-password")
    new = _password(_("新密码"), "new-password", NEW_HINT)


class NewPasswordForm(Form):
    new = _password(_("新密码"), "new-password", NEW_HINT)


class StartForm(Form):
    password = _password(_("密码"), "current-password", _("先写一次密码，证明是本人"))


class NewUserForm(Form):
    username = FoldedField(label=_("工号"), max_length=64)
    name = FoldedField(label=_("姓名"), max_length=40)
    name_en = FoldedField(label=_("英文名"), max_length=60, required=False)
    email = FoldedField(label=_("政务邮箱"), max_length=120, required=False)


class AssignForm(Form):
    unit = forms.TypedChoiceField(label=_("单位"), coerce=int, empty_value=None)
    role = forms.ChoiceField(label=_("岗位"))
    starts = forms.DateField(
        label=_("从哪天起"),
        required=False,
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    ends = forms.DateField(
        label=_("做到哪天"),
        required=False,
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        given = [(unit.id, unit.short(language)) for unit in units().active]
        desks = [(role.code, role.name(language)) for role in roles().values() if role.code != RESIDENT]
        self.fields["unit"].choices = [("", ""), *given]  # type: ignore[attr-defined]
        self.fields["role"].choices = [("", ""), *desks]  # type: ignore[attr-defined]


class FirstForm(Form):
    """The first administrator: who it is, in which unit, and the password."""

    name = FoldedField(label=_("姓名"), max_length=40)
    username = FoldedField(label=_("工号"), max_length=64)
    unit = forms.TypedChoiceField(label=_("单位"), coerce=int, empty_value=None)
    password = _password(_("密码"), "new-password", NEW_HINT)

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        known = units().active
        centre = next((unit.id for unit in known if unit.kind == "centre"), None)
        self.fields["unit"].choices = [(unit.id, unit.short(language)) for unit in known]  # type: ignore[attr-defined]
        self.fields["unit"].initial = centre


class PersonForm(Form):
    """What may change about an account; the user name never does."""

    name = FoldedField(label=_("姓名"), max_length=40)
    name_en = FoldedField(label=_("英文名"), max_length=60, required=False)
    email = FoldedField(label=_("政务邮箱"), max_length=120, required=False)


class NewRoleForm(Form):
    name_zh = FoldedField(label=_("名称"), max_length=20)
    name_en = FoldedField(label=_("英文名称"), max_length=40, required=False)
    code = FoldedField(label=_("代码"), max_length=30)
    like = forms.ChoiceField(label=_("权限先照哪个岗位"), required=False)

    def __init__(self, *args: object, language: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        known = [(role.code, role.name(language)) for role in roles().values() if role.code != RESIDENT]
        self.fields["like"].choices = [("", _("空着开始")), *known]  # type: ignore[attr-defined]


class DeputyForm(Form):
    deputy = FoldedField(label=_("由谁代"), max_length=64)
    first = forms.DateField(label=_("从哪天"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(
        label=_("到哪天"),
        validators=[MaxValueValidator(LAST_DAY)],
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def clean_deputy(self) -> User:
        """Return the colleague of this user name, or of this name where one alone bears it."""
        typed = self.cleaned_data["deputy"]
        staff = User.objects.filter(kind=User.Kind.STAFF, is_active=True)
        found = list(staff.filter(username=fold_name(typed))) or list(staff.filter(name=typed)[:2])
        if len(found) != 1:
            raise ValidationError(
                _("有几位同事叫这个名字，请写工号。") if found else _("没有找到这位同事，请写工号或全名。")
            )
        return found[0]

    def clean(self) -> dict[str, object]:
        """Refuse days in the wrong order."""
        first, last = self.cleaned_data.get("first"), self.cleaned_data.get("last")
        if first and last and last < first:
            self.add_error("last", _("最后一天不能早于第一天。"))
        return self.cleaned_data
