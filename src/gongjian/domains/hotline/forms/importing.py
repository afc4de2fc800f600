"""Forms of the import: handing in a file, and which column means what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from gongjian.documents.delimited import LOOKED_AT
from gongjian.documents.tables import Look, Table
from gongjian.domains.hotline.bulk.importing.layout import CLOSED, OPEN, PROGRAM_LENGTH, Layout, LayoutError
from gongjian.web.forms import FoldedField, Form

MOST_MAPPING: Final = 100_000  # bytes
PREFIX: Final = "column_"


class HandInForm(Form):
    program = FoldedField(
        label=gettext_lazy("来源系统"),
        max_length=PROGRAM_LENGTH,
        help_text=gettext_lazy("编号在这个系统里不重复。再导入时写同样的名称，同一件就会更新，不会重复。"),
    )
    file = forms.FileField(label=gettext_lazy("表格文件"), help_text=gettext_lazy("xlsx、csv 或 csv.gz，最大 20 MB。"))
    mapping = forms.FileField(
        label=gettext_lazy("对应文件"),
        required=False,
        help_text=gettext_lazy("列名和写法与模板不同时，用它一次写明（TOML）。"),
    )

    def clean_mapping(self) -> str:
        """Return the mapping as text, checked."""
        given = self.cleaned_data.get("mapping")
        if not given:
            return ""
        if given.size > MOST_MAPPING:
            raise ValidationError(_("对应文件太大了，这不像是对应文件。"))
        try:
            said = given.read().decode("utf-8-sig")
            Layout.from_toml(said)
        except (LayoutError, UnicodeDecodeError) as error:
            raise ValidationError(str(error)) from error
        return str(said)


class LayoutForm(Form):
    """Which column of the file each field takes; the file's own titles are the choices."""

    opened = forms.CharField(
        label=gettext_lazy("哪些写法算“在办”"), required=False, widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("每行一个，照文件里的写法。原来的写法会保留。"),
    )  # fmt: skip
    closed = forms.CharField(
        label=gettext_lazy("哪些写法算“已办结”"), required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    coordinates = forms.ChoiceField(
        label=gettext_lazy("坐标"),
        choices=[("wgs84", gettext_lazy("WGS-84（GPS）")), ("gcj02", gettext_lazy("GCJ-02（国内地图）"))],
    )

    def __init__(self, *args: Any, table: Table, titles: Sequence[str], layout: Layout, **kwargs: Any) -> None:
        self.layout, self.columns = layout, table.columns
        super().__init__(*args, **kwargs)
        choices = [("", _("（文件里没有）")), *((title, title) for title in dict.fromkeys(titles) if title)]
        for column in table.columns:
            self.fields[PREFIX + column.key] = forms.ChoiceField(
                label=column.title(get_language()), required=False, choices=choices
            )

    @property
    def mapped(self) -> list[Any]:
        """Return the bound fields of the columns, in the order of the table."""
        return [self[PREFIX + column.key] for column in self.columns]

    def result(self) -> Layout:
        """Return the layout as chosen; what only a mapping file can say stays as it was."""
        said = self.cleaned_data
        # An empty choice is kept: a column left out on purpose is not found by its title again.
        columns = {c.key: said[PREFIX + c.key] for c in self.columns}
        meant = dict.fromkeys(_lines(said["opened"]), OPEN) | dict.fromkeys(_lines(said["closed"]), CLOSED)
        values = {**self.layout.values, "status": meant}
        return replace(self.layout, coordinates=said["coordinates"], columns=columns, values=values)


class HowForm(Form):
    """How the file is to be read, where what was found out is wrong."""

    sheet = forms.ChoiceField(label=gettext_lazy("工作表"), required=False)
    encoding = forms.ChoiceField(
        label=gettext_lazy("文字编码"), required=False,
        choices=[("", gettext_lazy("自动识别")), ("utf-8", "UTF-8"), ("gb18030", gettext_lazy("GB18030（简体）")),
                 ("big5", gettext_lazy("Big5（繁体）")), ("utf-16", "UTF-16")],
    )  # fmt: skip
    head = forms.IntegerField(
        label=gettext_lazy("列名在第几行"), required=False, min_value=1, max_value=LOOKED_AT,
        help_text=gettext_lazy("空着就自动找。"),
    )  # fmt: skip

    def __init__(self, *args: Any, layout: Layout, look: Look | None, **kwargs: Any) -> None:
        self.layout = layout
        found = {
            "sheet": look.sheet if look else layout.sheet,
            "encoding": layout.encoding,
            "head": layout.head or None,
        }
        super().__init__(*args, initial=found, **kwargs)
        sheets = look.sheets if look else ()
        if len(sheets) > 1:
            self.fields["sheet"].choices = [(name, name) for name in sheets]  # type: ignore[attr-defined]
        else:
            del self.fields["sheet"]
        if look is not None and not look.encoding:
            del self.fields["encoding"]

    def result(self) -> Layout:
        """Return the layout with what was chosen; what cannot be chosen for this file is found out."""
        said = self.cleaned_data
        return replace(
            self.layout, sheet=said.get("sheet", ""), encoding=said.get("encoding", ""), head=said.get("head") or 0
        )


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def initial_of(layout: Layout, titles: Sequence[str], places: Mapping[str, int]) -> dict[str, str]:
    """Return what a layout form shows at first: what the mapping says, else what the titles say."""
    meant = layout.values.get("status", {})
    return {
        **{PREFIX + key: titles[place] for key, place in places.items()},
        "opened": "\n".join(word for word, value in meant.items() if value == OPEN),
        "closed": "\n".join(word for word, value in meant.items() if value == CLOSED),
        "coordinates": layout.coordinates,
    }
