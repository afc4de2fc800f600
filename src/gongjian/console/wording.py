"""The words of notices as administrators keep them: own words from a day on, the shipped ones as soon as they end."""

import zlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy, override, pgettext_lazy

from gongjian.audit import dated
from gongjian.audit.dated import Table, fingerprint
from gongjian.casework.kinds import Audience, kinds
from gongjian.console.access import ConsoleRight
from gongjian.identity.rights import require
from gongjian.notify import kinds as notices
from gongjian.notify import ownwords
from gongjian.notify.models import Channel, NoticeWording
from gongjian.notify.ownwords import Shipped
from gongjian.notify.wording import UNCONFIRMED, full_link
from gongjian.web.catalogues import DaysForm, Entry, Keeper, Write
from gongjian.web.site import site
from gongjian.web.words import bracketed
from gongjian.workdays.rules import local_day, midnight

LANGUAGES: Final = (("zh-hans", "中文"), ("en", "English"))
SHIPPED_FROM: Final = 1_000_000_000  # numbers of shipped texts begin here, those of own words are far below
CHANNEL_ORDER: Final = [Channel.SMS, Channel.SITE, Channel.EMAIL]


def template_choices() -> list[tuple[str, str]]:
    """Return the notices by their template, in words."""
    labels = {name: _label(name) for name in dict.fromkeys(one.template for one in ownwords.shipped())}
    shared = {label for label, n in Counter(labels.values()).items() if n > 1}
    return [(name, bracketed(label, name) if label in shared else label) for name, label in labels.items()]


def _label(template: str) -> str:
    known = notices.kind_of(template)
    if template == UNCONFIRMED:
        return str(gettext_lazy("发给没有确认过的号码和邮箱"))
    if known is not None:
        return str(known.label)
    name = template.partition("/")[2].removesuffix("_applicant")
    move = next((move for kind in kinds() for move in kind.moves if move.name == name), None)
    return str(move.past) if move is not None else name


class WordingForm(DaysForm):
    """The own words of one notice, by one channel, in one language."""

    identity = ("template", "channel", "language")
    template = forms.ChoiceField(label=pgettext_lazy("目录", "通知"))
    channel = forms.ChoiceField(label=gettext_lazy("发到哪里"), choices=Channel.choices)
    language = forms.ChoiceField(label=gettext_lazy("语言"), choices=LANGUAGES)
    subject = forms.CharField(
        label=gettext_lazy("标题"), required=False, max_length=200, help_text=gettext_lazy("短信没有标题，空着")
    )
    body = forms.CharField(label=gettext_lazy("正文"), max_length=4_000, widget=forms.Textarea(attrs={"rows": 8}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["template"].choices = template_choices()  # type: ignore[attr-defined]

    def clean_body(self) -> str:
        return self._checked(self.cleaned_data["body"].replace("\r\n", "\n"))

    def clean_subject(self) -> str:
        return self._checked(self.cleaned_data["subject"])

    def _checked(self, text: str) -> str:
        template = self.cleaned_data.get("template")
        wrong = ownwords.fault(template, text) if template else ""
        if wrong:
            raise ValidationError(wrong)
        return text

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        named = [str(cleaned.get(name, "")) for name in self.identity]
        if all(named) and ownwords.default_of(*named) is None:
            self.add_error("channel", ValidationError(gettext_lazy("这种通知不发到这里。")))
        if cleaned.get("channel") != Channel.SMS and not cleaned.get("subject") and not self.errors:
            self.add_error("subject", ValidationError(gettext_lazy("站内信和邮件要有标题。")))
        return cleaned


def wording_values(row: NoticeWording) -> dict[str, Any]:
    """Return own words as their form shows them."""
    return {name: getattr(row, name) for name in ("template", "channel", "language", "subject", "body")}


def wording_name(row: Any) -> str:
    """Return what the record calls the text of a notice."""
    return f"{row.template} {row.channel} {row.language}"


def wording_entries(at: datetime) -> list[Entry]:
    """Return every text: the shipped one where no own words hold today, and all own words."""
    rows: dict[tuple[str, str, str], list[NoticeWording]] = {}
    for row in NoticeWording.objects.order_by("-valid"):
        rows.setdefault((row.template, row.channel, row.language), []).append(row)
    found: list[Entry] = []
    for one in sorted(ownwords.shipped(), key=lambda s: (s.template, CHANNEL_ORDER.index(Channel(s.channel)))):
        own = rows.get((one.template, one.channel, one.language), [])
        entries = [_own(row) for row in own]
        if not any(entry.state(local_day(at)) == "now" for entry in entries):
            found.append(_shipped(one))
        found += entries
    return found


def _own(row: NoticeWording) -> Entry:
    values = wording_values(row)
    days = row.valid.lower, row.valid.upper
    return Entry(row.pk, wording_name(row), values, fingerprint(row), *days, title=_title(row))


def _shipped(one: Shipped) -> Entry:
    values = {name: getattr(one, name) for name in ("template", "channel", "language", "subject", "body")}
    name = wording_name(one)
    return Entry(SHIPPED_FROM + zlib.crc32(name.encode()), name, values, "", title=_title(one))


def _title(row: NoticeWording | Shipped) -> str:
    """Return what the text is for, in words: 登录验证码 短信 中文."""
    return f"{_label(row.template)} {Channel(row.channel).label} {dict(LANGUAGES).get(row.language, row.language)}"


def _columns(values: Mapping[str, Any]) -> dict[str, Any]:
    return dict(values)


TABLE: Final = Table(
    model=NoticeWording,
    identity=("template", "channel", "language"),
    values=("subject", "body"),
    action="notify.wording",
    kind="notice_wording",
    name=wording_name,
    tell=wording_values,
)
KEEPER: Final = Keeper(TABLE, ConsoleRight.WORDING_MANAGE, ownwords.forget, _columns)


def write_wording(write: Write) -> None:
    """Let own words hold from a day on; the first ones take the place of the shipped text. Raises Refused."""
    require(write.actor, ConsoleRight.WORDING_MANAGE)
    values = {**write.values, "changed_at": write.at, "changed_by_id": write.actor.user_id}
    entry = write.entry
    if entry is not None and entry.key >= SHIPPED_FROM:
        same = all(str(entry.values[name]) == str(write.values[name]) for name in ("subject", "body"))
        if same:
            return
        entry = None
    KEEPER.write(replace(write, entry=entry, values=values))


def restore_wording(write: Write) -> None:
    """Take the shipped words again, at once. Raises Forbidden and Refused."""
    require(write.actor, ConsoleRight.WORDING_MANAGE)
    entry = write.entry
    if entry is None or entry.key >= SHIPPED_FROM or entry.first is None:
        return
    day = local_day(write.at)
    if entry.first < day:
        dated.end(TABLE, key=entry.key, seen=write.seen, last=day, by=write.actor, at=write.at)
        ownwords.forget()
        return
    # Words that began today cannot have ended before they began: they become the shipped ones.
    named = [str(entry.values[name]) for name in TABLE.identity]
    default = ownwords.default_of(*named)
    if default is not None:
        values = {**entry.values, "subject": default.subject, "body": default.body}
        write_wording(replace(write, values=values, first=day, last=entry.last))


def sample(template: str, language: str, at: datetime) -> dict[str, Any]:
    """Return what the places of a notice are filled with in a preview."""
    due = midnight(local_day(at) + timedelta(days=3))
    english = language == "en"
    with override(language):
        told = ((m, template.endswith("/own_act") and Audience.OWN_ACT in m.audience) for k in kinds() for m in k.moves)
        move = next((m for m, own in told if own or template.endswith(f"/{m.name}_applicant")), None)
        kind = next(iter(kinds()), None)
        return {
            "number": "YT-2611-04178",
            "title": "Drilling at night" if english else "工地夜间施工噪声",
            "title_zh": "工地夜间施工噪声",
            "title_en": "Drilling at night",
            "place_zh": "永安北一街",
            "place_en": "Yongan North 1st Street",
            "kind": str(kind.label) if kind else "",
            "move": str(move.past) if move else "",
            "act": str(move.label) if move else "",
            "state": str(kind.states[0].label) if kind else "",
            "unit_zh": "区生态环境局",
            "unit_en": "District Ecology Bureau",
            "at": at,
            "due_at": due,
            "dues": dict.fromkeys(("accept", "answer", "wait"), due),
            "words": "We went there last night; work after 22:00 has stopped."
            if english
            else "昨晚到过现场，已要求 22:00 后停工。",
            "inside_words": "",
            "request": SimpleNamespace(answer_source="", reject_reason=None),
            "link": full_link("/track"),
            "language": language,
            "code": "482913",
            "lane_zh": "验证码",
            "lane_en": "Codes",
            "hourly": 2_000,
            "daily": 20_000,
            "waiting": 0,
            "what": "There is an answer" if english else "有了答复",
            "hotline": "12349",
            "confirm": full_link("/confirm/1-2f3a"),
            "name_zh": site("zh").name,
            "name_en": site("en").name,
            "line": "12349",
            "starts": due,
            "ends": due + timedelta(days=30),
            "reason": "……",
            "basis": "……",
            "page": "……",
            "rows": 128,
        }
