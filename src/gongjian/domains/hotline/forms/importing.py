"""Forms of the import: handing in a file, and which column means what."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from gongjian.documents.tables import Table
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
        before = self.layout
        return Layout(
            program=before.program, time_zone=before.time_zone, dates=before.dates, coordinates=said["coordinates"],
            language=before.language, columns=columns, fixed=before.fixed, compose=before.compose, values=values,
        )  # fmt: skip


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
