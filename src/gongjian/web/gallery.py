"""Samples for the sheet of parts: every part in every state. People, numbers and case numbers are invented."""

import re
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django import forms
from django.utils.functional import lazy

from gongjian.web import charts, parts
from gongjian.web.forms import FoldedField, Form, PhotosField
from gongjian.web.words import day_cells, due_words, english
from gongjian.workdays.rules import SHANGHAI, Calendar, Remaining, day_strip


@cache
def _english() -> dict[str, str]:
    return dict(tomllib.loads(SAMPLES.read_text())["english"])


def two(chinese: str) -> str:
    """Return a sample in the reader's language. Samples are data, so they stand in no catalogue."""
    return _english()[chinese] if english() else chinese


two_lazy = lazy(two, str)
MONDAY = datetime(2026, 11, 23, 10, 42, tzinfo=SHANGHAI)
COLOURS = (
    *("page", "surface", "sunken", "sand", "bar", "bar-deep", "sea", "sea-tint", "link", "teal", "teal-tint", "lamp"),
    *("ok", "soon", "late", "hold", "info", "ink", "ink-2", "ink-3"),
)
SAMPLES = Path(__file__).parent / "data" / "samples.toml"
SPRITE = Path(__file__).parent / "static" / "web" / "icons.svg"
ICONS = re.findall(r'id="i-([a-z-]+)"', SPRITE.read_text())


class SampleForm(Form):
    """One field of each kind."""

    number = FoldedField(
        label=two_lazy("件号"),
        help_text=two_lazy("短信里的号，YT 开头"),
    )
    phone = FoldedField(
        label=two_lazy("手机号"),
        required=False,
        help_text=two_lazy("不填也会办，只是我们没法通知您"),
    )
    community = forms.ChoiceField(
        label=two_lazy("您住的、或常去的社区"),
        widget=forms.RadioSelect,
        choices=[
            ("1", two_lazy("永安社区")),
            ("2", two_lazy("明珠社区")),
            ("0", two_lazy("其他社区")),
        ],
    )
    span = forms.ChoiceField(
        label=two_lazy("时段"),
        widget=forms.RadioSelect,
        choices=[
            ("d", two_lazy("今天")),
            ("w", two_lazy("本周")),
            ("m", two_lazy("本月")),
        ],
    )
    unit = forms.ChoiceField(
        label=two_lazy("单位"),
        choices=[
            ("1", two_lazy("盐田街道办")),
            ("2", two_lazy("海山街道办")),
        ],
    )
    topic = FoldedField(
        label=two_lazy("类别"),
        help_text=two_lazy("拼音首字母可查，如 yjsg"),
        required=False,
    )
    words = forms.CharField(label=two_lazy("经过"), widget=forms.Textarea(attrs={"rows": 4}), max_length=200)
    photos = PhotosField(label=two_lazy("照片"), required=False, help_text=two_lazy("只拍设施，不拍人脸"))
    anonymous = forms.BooleanField(
        label=two_lazy("匿名提交"),
        required=False,
        help_text=two_lazy("承办单位看不到您是谁，我们也无法回访"),
    )


def _remaining(days: int, hours: int, minutes: int = 0, *, late: bool = False) -> Remaining:
    return Remaining(days, hours, minutes, late)


def dues() -> list[parts.DueBadge]:
    """Return the four deadline badges."""
    return [
        due_words(_remaining(3, 79)),
        due_words(_remaining(0, 4), state="soon"),
        due_words(_remaining(2, 50, late=True)),
        due_words(_remaining(0, 0), hold=two("等您补材料")),
    ]


def states() -> list[parts.StateBadge]:
    """Return state badges, one of each colour."""
    return [
        parts.StateBadge("info", two("在办")),
        parts.StateBadge("ok", two("已办结")),
        parts.StateBadge("soon", two("要您选")),
        parts.StateBadge("late", two("已退回")),
        parts.StateBadge("hold", two("已关闭")),
        parts.StateBadge("", two("投诉")),
    ]


def days() -> list[parts.Day]:
    """Return a term of five working days, on its third day."""
    received = MONDAY - timedelta(days=5)
    due_at = datetime(2026, 11, 26, tzinfo=SHANGHAI)
    return day_cells(day_strip(received, due_at, MONDAY, Calendar({}, frozenset({2026}))))


def history() -> list[parts.Entry]:
    """Return a history of four entries, newest first."""
    night = MONDAY - timedelta(hours=11, minutes=32)
    received = datetime(2026, 11, 18, 13, 58, tzinfo=SHANGHAI)
    return [
        parts.Entry(
            two("内部意见"),
            MONDAY,
            two("居民看不到这一条。"),
            who=two("盐田街道办"),
            kind="internal",
        ),
        parts.Entry(
            two("到现场查看"),
            night,
            two("测得边界噪声 62 分贝，已要求停工。"),
            kind="now",
        ),
        parts.Entry(two("联系过您"), datetime(2026, 11, 19, 9, 42, tzinfo=SHANGHAI), kind="done", icon="phone"),
        parts.Entry(two("收到您的反映"), received, kind="done", files=((two("回执"), "#"),)),
    ]


def stages() -> list[parts.Step]:
    """Return the five stages of a matter, the third current."""
    names = (
        two("受理"),
        two("转办"),
        two("办理"),
        two("反馈"),
        two("评价"),
    )
    marks = ("done", "done", "now", "", "")
    return [parts.Step(name, mark) for name, mark in zip(names, marks, strict=True)]


def rows() -> list[parts.Row]:
    """Return three cases as rows of a list."""
    ok, soon, late, _hold = dues()
    return [
        parts.Row(
            two("养老院电梯困人后一直停用"),
            "#",
            ("YT-2611-04640", two("海景"), two("电话")),
            (late,),
        ),
        parts.Row(
            two("永安北二街下水道反涌，一楼进水"),
            "#",
            ("YT-2611-04644", two("永安"), two("网站")),
            (soon,),
        ),
        parts.Row(
            two("公交站台座椅螺丝外露划伤腿"),
            "#",
            ("YT-2611-04651", two("田心"), two("网站")),
            (ok,),
        ),
    ]


def stats() -> list[parts.Stat]:
    """Return three figures as they stand on the dashboard."""
    weeks = [94.1, 94.6, 94.9, 94.4, 95.4, 95.5, 95.2, 95.8, 96.3, 95.7, 95.9, 96.2]
    late = [9, 11, 8, 12, 10, 9, 14, 12, 11, 13, 12, 17]
    words = two("近 12 周")
    return [
        parts.Stat(
            two("按时办结率"),
            "96.2",
            "%",
            two("目标 95%"),
            parts.Trend("up", two("0.8 点"), "ok"),
            charts.spark(weeks, label=words, target=95),
            "#",
        ),
        parts.Stat(
            two("正在超时"),
            "17",
            two("件"),
            two("目标 10 件以内"),
            parts.Trend("up", two("5 件"), "late"),
            charts.spark(late, label=words, target=10),
            "#",
        ),
        parts.Stat(
            two("受理量"),
            "1,284",
            two("件"),
            two("上周 1,197"),
            parts.Trend("up", "7.3%"),
            charts.spark([3], label=words),
            "#",
        ),
    ]


def bar_chart() -> charts.Chart:
    """Return the topics of a week."""
    found = [
        charts.Bar(two("夜间施工噪声"), 128, 84, "#"),
        charts.Bar(two("货柜车占道"), 96, 102),
        charts.Bar(two("居住证办理"), 91, 88),
        charts.Bar(two("停水停电"), 74, 41),
        charts.Bar(two("公共 WiFi"), 33, 0),
    ]
    return charts.bars(found, label=two("十大事项"), rest=48)


def line_chart() -> charts.Chart:
    """Return three lines over eight weeks."""
    periods = [f"{week}" for week in range(40, 48)]
    found = [
        charts.Series(two("按时办结率"), [93.2, 94, 94.4, 95.1, 94.8, 95.6, 95.9, 96.2]),
        charts.Series(two("满意率"), [90.1, 91.2, 91, 91.9, 92.3, 91.7, 91.9, 91.4]),
        charts.Series(two("首次联系按时"), [None, None, 92, 93.5, 93.1, 94.2, 95, 95.4]),
    ]
    return charts.lines(found, periods=periods, label=two("近 8 周，按周"), target=95)


def hex_chart() -> charts.Chart:
    """Return counts on the district's map, three of them not shown."""
    counts = (47, 33, 27, 63, 38, 35, 29, 44, 21, 22, 14, 36, 52, 19, 28, 41, 24, 17, 31, 18)
    codes = sorted(charts.district().cells)
    hidden = {codes[0]: "few", codes[1]: "guard", codes[-1]: "few"}
    values = iter(counts)
    cells = [
        charts.Hex(
            code,
            two("社区 %(n)s") % {"n": at},
            None if code in hidden else next(values),
            "#",
            group=two("街道 %(n)s") % {"n": code[8]},
            hidden=hidden.get(code, "few"),
        )
        for at, code in enumerate(codes, start=1)
    ]
    return charts.hexmap(cells, label=two("各社区受理量"))


def place() -> parts.MapView:
    """Return a map of one place with two neighbours."""
    points = (
        parts.MapPoint(
            "1",
            two("永安北一街工地凌晨打桩"),
            114.2695,
            22.5872,
            "#sim-1",
        ),
        parts.MapPoint("2", two("明珠道夜间渣土车鸣笛"), 114.2735, 22.5855, "#sim-2"),
    )
    return parts.MapView(
        two("地图：永安北一街附近"),
        114.2714,
        22.5866,
        pick=True,
        ring=200,
        points=points,
    )


def topics() -> list[dict[str, str]]:
    """Return suggestions with pinyin keys."""
    return [
        {
            "value": "1",
            "label": two("夜间施工噪声"),
            "hint": two("环境 › 噪声"),
            "keys": "yjsgzs yejianshigongzaosheng",
        },
        {
            "value": "2",
            "label": two("施工扬尘"),
            "hint": two("环境 › 大气"),
            "keys": "sgyc shigongyangchen",
        },
        {
            "value": "3",
            "label": two("占道施工"),
            "hint": two("城管 › 市容"),
            "keys": "zdsg zhandaoshigong",
        },
    ]


def desk(current: int = 1) -> list[parts.NavItem]:
    """Return a staff navigation."""
    items = (
        (two("话务台"), "phone", None, "g c"),
        (two("派件台"), "transfer", 14, "g d"),
        (two("督办"), "", 2, ""),
        (two("看板"), "", None, "g b"),
    )
    return [
        parts.NavItem(label, "#", icon, count, current=at == current, key=key)
        for at, (label, icon, count, key) in enumerate(items)
    ]


def tabs() -> list[parts.Tab]:
    """Return the tabs of a desk."""
    return [
        parts.Tab(two("待派"), "#", 14, current=True),
        parts.Tab(two("待签收"), "#", 9),
        parts.Tab(two("退回"), "#", 3, late=True),
    ]


def filters() -> list[parts.Filter]:
    """Return one drop-down."""
    options = (
        parts.Option("", two("全部街道"), selected=True),
        parts.Option("1", two("盐田街道")),
    )
    return [parts.Filter("unit", two("街道"), options)]


def sample_forms() -> Sequence[Form]:
    """Return a form as it comes, and one that came back with faults."""
    wrong = SampleForm({"e-span": "w", "e-unit": "1", "e-words": "长" * 201, "e-community": "9"}, prefix="e")
    return SampleForm(initial={"community": "1", "span": "w"}), wrong


def sheet() -> dict[str, Any]:
    """Return everything the sheet shows."""
    fresh, wrong = sample_forms()
    return {
        "colours": COLOURS,
        "icons": ICONS,
        "fresh": fresh,
        "wrong": wrong,
        "dues": dues(),
        "states": states(),
        "days": days(),
        "entries": history(),
        "steps": stages(),
        "rows": rows(),
        "stats": stats(),
        "bars": bar_chart(),
        "lines": line_chart(),
        "hexes": hex_chart(),
        "map": place(),
        "topics": topics(),
        "tiles": [
            parts.Tile(
                two("反映问题"),
                "#",
                "report",
                two("路灯、噪声、占道……不用注册"),
                main=True,
            ),
            parts.Tile(
                two("查进度"),
                "#",
                "track",
                two("凭件号和手机尾号"),
            ),
        ],
        "crumbs": [parts.Crumb(two("首页"), "/"), parts.Crumb(two("部件样张"))],
        "tabs": tabs(),
        "filters": filters(),
        "moment": MONDAY,
        "midnight": datetime(2026, 11, 26, tzinfo=SHANGHAI),
        "page": {"next": "more"},
    }
