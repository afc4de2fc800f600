"""The case as the page shows it: facts, caller, files, history, place and neighbours, in ready words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, lru_cache
from typing import Final

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext, override
from django.utils.translation import gettext as _

from gongjian.casefile.reveal import case_in_sight, contact_in_sight, hides, words_in_sight
from gongjian.casework.access import CaseworkRight
from gongjian.casework.kinds import CaseKind, kind_of
from gongjian.casework.models import Case, CaseDocument
from gongjian.documents.downloads import SHOWN_INLINE
from gongjian.documents.models import Document
from gongjian.domains.hotline.access import HotlineRight
from gongjian.domains.hotline.pages.common import CaseRow, chinese, named, rows
from gongjian.domains.hotline.queries import Dossier, Near, Said, catalogue
from gongjian.domains.hotline.queries.dossiers import Colleague
from gongjian.domains.hotline.queries.open311 import CHANNEL, answers_of, link_of
from gongjian.domains.hotline.queries.publishing import may_be_public
from gongjian.domains.hotline.rules import COPIED, alikeness
from gongjian.domains.hotline.workflow import MOVES
from gongjian.identity.actor import Actor
from gongjian.identity.models import User
from gongjian.identity.queries import units
from gongjian.listing import listed
from gongjian.notify.models import Channel, Reason
from gongjian.parties.phones import display_phone
from gongjian.places.queries import communities, road_in, subdistricts
from gongjian.web.drawing import fact_line
from gongjian.web.parts import Entry, MapPoint, MapView
from gongjian.web.words import ago_words, labelled

KILO: Final = 1024
FILE_ICONS: Final = {
    Document.Kind.PHOTO: "photo",
    Document.Kind.RECORDING: "mic",
    Document.Kind.LETTER: "doc",
    Document.Kind.SHEET: "list",
    Document.Kind.ATTACHMENT: "doc",
}


@dataclass(frozen=True, slots=True)
class Fact:
    label: str
    words: str
    strong: bool = False
    hidden: bool = False  # holds a number that this reader sees masked

    @property
    def shown(self) -> str:
        return format_html("<b>{}</b>", self.words) if self.strong else self.words


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asked: masked, until a purpose was written."""

    name: str
    phone: str
    words: str
    may_ask: bool  # may write a purpose and see the contact data
    hidden: bool = False  # words of the case hold numbers that this reader sees masked
    open_name: str = ""
    open_phone: str = ""  # to dial
    shown_phone: str = ""  # to read
    open_email: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class File:
    icon: str
    name: str
    note: str
    url: str
    hears: bool
    plays: bool = False  # a browser can play it in place


@dataclass(frozen=True, slots=True)
class Neighbour:
    number: int
    row: CaseRow
    facts: SafeString
    url: str  # empty where this reader may not open it


@dataclass(frozen=True, slots=True)
class History:
    entries: Sequence[Entry]
    public: int
    internal: int
    newest: int  # id of the newest event

    @property
    def total(self) -> int:
        return self.public + self.internal


@dataclass(frozen=True, slots=True)
class PublicTitle:
    """What strangers read of a case, and who approved it."""

    words: str
    approved: bool
    who: str
    at: datetime | None


def public_title(file: Dossier, said: Sequence[Said], at: datetime) -> PublicTitle | None:
    """Return what strangers read of this case; None where they see nothing of it."""
    case = file.case
    if not may_be_public(case, at=at):
        return None
    title = case.request.public_title
    if not title:
        topic = catalogue(at).topics.get(case.topic_id or 0)
        community = next((one for one in communities() if one.id == case.community_id), None)
        place = road_in(case.request.address) or named(community)
        return PublicTitle(join_words([named(topic), place]), approved=False, who="", at=None)
    event = next((one for one in said if one.event.move == "publish_title"), None)
    who, moment = (who_words(event), event.event.at) if event else ("", None)
    return PublicTitle(title, approved=True, who=who, at=moment)


def facts(file: Dossier, at: datetime) -> list[Fact]:
    """Return what is known about the matter, label by label; what is missing is left out."""
    case, request = file.case, file.case.request
    book = units().by_id
    found = [
        Fact(_("类别"), topic_words(case, at)),
        _seen_fact(file, _("地点"), request.address),
        Fact(_("社区"), place_words(case)),
        Fact(_("渠道"), channel_words(case.channel)),
        Fact(_("主办"), named(book.get(case.holder_unit_id)) if case.holder_unit_id else "", strong=True),
        Fact(_("协办"), join_words([named(book.get(u)) for u in file.helpers])),
        Fact(_("经办"), _holder_words(case)),
        Fact(_("关注的人"), followers_words(file.followers)),
        Fact(_("单位说"), str(request.get_resolved_display()) if request.resolved else ""),
        Fact(_("结果"), str(request.get_outcome_display()) if request.outcome else ""),
    ]
    found += [_seen_fact(file, one.label, one.words) for one in _answers(case)] if file.has_answers else []
    if case.channel == CHANNEL:
        found.append(Fact(_("图片链接"), link_of(case.pk)))  # nobody here opens it
    return [fact for fact in found if fact.words]


def followers_words(n: int) -> str:
    """Return how many others have the same matter; nothing for none."""
    return ngettext("另有 %(n)s 人关注", "另有 %(n)s 人关注", n) % {"n": n} if n else ""


def _seen_fact(file: Dossier, label: str, text: str) -> Fact:
    words = seen(file, text)
    return Fact(label, words, hidden=words != text)


def answered(file: Dossier) -> list[str]:
    """Return what was answered to the questions of the topic, as it was written."""
    return [one.words for one in _answers(file.case)] if file.has_answers else []


def _answers(case: Case) -> list[Fact]:
    """Return what was answered to the questions of the topic, whoever was asked."""
    return [
        Fact(*((a.ask_zh, listed(a.values_zh)) if chinese() else (a.ask_en, listed(a.values_en))))
        for a in answers_of([case.pk]).get(case.pk, ())
    ]


def _holder_words(case: Case) -> str:
    if case.holder_id is None:
        return _("还没定") if case.holder_unit_id and case.closed_at is None else ""
    return person_words(case.holder)


def person_words(user: User | Colleague | None) -> str:
    """Return the name of a colleague in the reader's language."""
    if user is None:
        return ""
    return user.name if chinese() else user.name_en or user.name


def join_words(words: Sequence[str]) -> str:
    return listed(word for word in words if word)


def topic_words(case: Case, at: datetime) -> str:
    """Return the topic under its group: 环境 › 噪声."""
    topics = catalogue(at).topics
    topic = topics.get(case.topic_id) if case.topic_id else None
    if topic is None:
        return ""
    group = topics.get(topic.parent_id) if topic.parent_id else None
    return " › ".join(named(one) for one in (group, topic) if one is not None)


def place_words(case: Case) -> str:
    """Return subdistrict and community."""
    place = next((c for c in communities() if c.id == case.community_id), None)
    if place is None:
        return ""
    street = next((s for s in subdistricts() if s.id == place.subdistrict_id), None)
    return " ".join(named(one) for one in (street, place) if one is not None)


def channel_words(channel: str) -> str:
    words = {
        "phone": _("%(line)s 电话") % {"line": settings.HOTLINE_NUMBER},
        "web": _("网站"),
        "sms": _("短信"),
        "api": _("其他系统转来"),
        "open311": "Open311",
        "counter": _("窗口"),
        "system": _("系统"),
    }
    return words.get(channel, channel)


def seen(file: Dossier, text: str) -> str:
    """Return words of a case as this reader may see them: what was typed of numbers opens with the contact data."""
    return words_in_sight(text, in_sight=file.in_sight)


def words_of(file: Dossier, said: Sequence[Said] = ()) -> list[str]:
    """Return the free text of a case, as it was written."""
    request = file.case.request
    return [request.description, request.address, request.reply, *(text for s in said for text in (s.public, s.inside))]


def caller(file: Dossier, actor: Actor, at: datetime, said: Sequence[Said] = (), known: Sequence[Fact] = ()) -> Caller:
    """Return the caller's card. The contact data is opened only while this user's leave lasts.

    Numbers in the words, facts and history of the case are contact data too, also where whoever asked left none.
    """
    party = file.party
    if party is None:
        return Caller("", "", _no_contact_words(), may_ask=False)
    left = not party.anonymous and party.contact_id is not None
    hidden = not file.in_sight and (any(fact.hidden for fact in known) or hides(*words_of(file, said)))
    consent = party.consent_contact
    free = actor.can(HotlineRight.CASE_READ_ALL)
    right = actor.can(CaseworkRight.CONTACT_REVEAL)
    plain = contact_in_sight(party=party, actor=actor, at=at) if file.in_sight else None
    return Caller(
        name=file.mask_name,
        phone=file.mask_phone,
        words=_consent_words(consent=consent, free=free) if left else _no_contact_words(),
        may_ask=right and (consent or free) and not file.in_sight and (left or hidden),
        hidden=hidden,
        open_name=plain.name if plain else "",
        open_phone=plain.phone if plain else "",
        shown_phone=display_phone(plain.phone) if plain and plain.phone else "",
        open_email=plain.email if plain else "",
        until=file.granted_until,
    )


def _no_contact_words() -> str:
    return _("没有留联系方式，答复只能凭件号查。")


def _consent_words(*, consent: bool, free: bool) -> str:
    """Return who may call whoever asked."""
    line = {"line": settings.HOTLINE_NUMBER}
    if consent:
        return _("同意承办单位联系")
    if free:
        return _("没有同意承办单位联系，只能由 %(line)s 联系") % line
    return _("没有同意承办单位联系。要核对，请 %(line)s 打过去问。") % line


@dataclass(frozen=True, slots=True)
class Told:
    """Words and place of a case beside a list, as this reader may see them."""

    words: str
    address: str
    reply: str = ""
    hidden: bool = False
    place_hidden: bool = False  # the place cannot be changed by who does not see it


def words_of_file(file: Dossier) -> Told:
    """Return words, place and answer of a case whose file is at hand."""
    words, address, reply = words_of(file)
    return Told(
        seen(file, words), seen(file, address), seen(file, reply), hidden=not file.in_sight and hides(*words_of(file))
    )


def words_beside(case: Case, actor: Actor, at: datetime) -> Told:
    """Return what stands beside a list; asks for a grant, one statement, only where something would be masked."""
    words, address = case.request.description, case.request.address
    if not hides(words, address) or case_in_sight(case_id=case.pk, actor=actor, at=at):
        return Told(words, address)
    masked = Told(words_in_sight(words, in_sight=False), words_in_sight(address, in_sight=False), hidden=True)
    return replace(masked, place_hidden=masked.address != address)


def lost_words(file: Dossier, at: datetime) -> list[str]:
    """Return what did not reach the resident, why and when, in words; nothing once somebody has spoken to them."""
    return [
        _("%(way)s没有送达：%(reason)s（%(ago)s）。")
        % {
            "way": Channel(one.channel).label,
            "reason": Reason(one.reason).label if one.reason else _("没有说原因"),
            "ago": ago_words(one.at, at),
        }
        for one in file.lost
    ]


def files(file: Dossier, found: Sequence[CaseDocument]) -> list[File]:
    """Return the attachments with what they are and where they came from."""
    return [_file(one, file) for one in found if one.document.erased_at is None]


def _file(one: CaseDocument, file: Dossier) -> File:
    document = one.document
    origin = _("内部") if not one.public else _("居民上传") if one.event.actor_kind != "staff" else ""
    stripped = _("已去除位置信息") if document.kind == Document.Kind.PHOTO else ""
    heard = document.kind == Document.Kind.RECORDING
    note = [origin, stripped, _("听取会留记录") if heard else "", size_words(document.size)]
    return File(
        icon=FILE_ICONS.get(Document.Kind(document.kind), "doc"),
        name=seen(file, document.title) or str(document.get_kind_display()),
        note=join_words(note),
        url=document_url(document.pk),
        hears=heard,
        plays=document.mime in SHOWN_INLINE and document.mime.startswith("audio/"),
    )


def size_words(size: int) -> str:
    """Return 210 KB or 1.2 MB."""
    return f"{max(size // KILO, 1)} KB" if size < KILO * KILO else f"{size / KILO / KILO:.1f} MB"


def document_url(document_id: int) -> str:
    """Return where a document is handed out; the portal asks who may have it."""
    try:
        return reverse("portal:document", args=[document_id])
    except NoReverseMatch:
        return ""


def history(file: Dossier, found: Sequence[Said], documents: Sequence[CaseDocument], kind: CaseKind) -> History:
    """Return one timeline of public and internal entries, newest first; the newest public one is where it stands."""
    attached: dict[int, list[tuple[str, str]]] = {}
    for one in documents:
        if one.document.erased_at is None:
            attached.setdefault(one.event_id, []).append((_file(one, file).name, document_url(one.document_id)))
    newest = next((said.event.pk for said in found if said.event.public), None)
    read = [replace(one, public=seen(file, one.public), inside=seen(file, one.inside)) for one in found]
    entries = [_entry(said, kind, newest, attached.get(said.event.pk, [])) for said in read]
    public = sum(said.event.public for said in found)
    return History(entries, public, len(found) - public, max((said.event.pk for said in found), default=0))


def _entry(said: Said, kind: CaseKind, newest: int | None, attached: list[tuple[str, str]]) -> Entry:
    event, move = said.event, kind.move_of[said.event.move]
    text, note = (said.public, said.inside) if event.public else (said.inside or said.public, "")
    if event.move in {"dispatch", "backstop"} and event.to_unit_id is not None:
        text = named(units().by_id.get(event.to_unit_id))
        note = said.inside
    if event.actor_kind == "system":
        text, note = told_by_system(kind, text), told_by_system(kind, note)
    if event.move in {"recall", "correct"} and event.to_unit_id is None and event.from_unit_id is not None:
        taken = _("从%(unit)s收回") % {"unit": named(units().by_id.get(event.from_unit_id))}
        text = labelled(taken, text) if text else taken
    return Entry(
        title=staff_words(event.move) or str(move.past),
        at=event.at,
        text=text,
        who=who_words(said),
        kind="internal" if not event.public else "now" if event.pk == newest else "done",
        icon=move.icon if event.public else "lock",
        note=_("内部：%(words)s") % {"words": note} if note and note != text else "",
        files=[one for one in attached if one[1]],
    )


def told_by_system(kind: CaseKind, said: str) -> str:
    """Return what the system wrote down: the name of a clock, in the language of the reader."""
    clock = _clocks_as_written(kind.key).get(said)
    return str(kind.clock_of[clock].label) if clock else said


@cache
def _clocks_as_written(kind: str) -> dict[str, str]:
    """Return the clocks of a kind by the name that the history has for them."""
    with override(settings.LANGUAGE_CODE):
        return {str(clock.label): clock.name for clock in kind_of(kind).clocks}


def who_words(said: Said) -> str:
    """Return who did it: unit and name for staff, 居民 for whoever asked."""
    event = said.event
    if event.actor_kind == "system":
        return _("系统")
    if event.actor_kind != "staff":
        return _("居民") if event.actor_kind in {"resident", "anonymous"} else person_words(event.actor)
    unit = units().by_id.get(event.unit_id) if event.unit_id else None
    short = "" if unit is None else unit.short_zh if chinese() else unit.short_en
    return " ".join(part for part in (short, person_words(event.actor)) if part)


def staff_words(move: str) -> str:
    """Return how staff speak of a move whose words in the table speak to the resident."""
    return _staff_words(get_language()).get(move, "")


@lru_cache
def _staff_words(_language: str | None) -> dict[str, str]:
    return {
        "contact": _("联系居民"),
        "reveal": _("看号码"),
        "ask_citizen": _("请居民补充"),
        "supplement": _("居民补充了"),
        "add": _("居民补充了情况"),
        "urge": _("居民催办"),
        "rate_solved": _("居民说解决了"),
        "rate_unsolved": _("居民说没有解决，重办"),
        "reopen": _("居民要求复核"),
        "ask_again": _("居民对答复还有疑问"),
        "cancel": _("居民撤销了"),
    }


def neighbours(found: Sequence[Near], actor: Actor, at: datetime) -> list[Neighbour]:
    """Return the open cases around, numbered as on the map."""
    shown = rows([near.case for near in found], at)
    everything, english = actor.can(HotlineRight.CASE_READ_ALL), not chinese()
    return [
        Neighbour(
            number=i,
            row=row,
            facts=fact_line((row.number, row.unit, _("%(n)s 米") % {"n": near.metres}), english),
            url=row.url if everything or near.case.holder_unit_id in actor.units else "",
        )
        for i, (row, near) in enumerate(zip(shown, found, strict=True), 1)
    ]


def map_view(file: Dossier, found: Sequence[Near], around: Sequence[Neighbour]) -> MapView | None:
    """Return the map of the place; None where nobody knows the point."""
    request = file.case.request
    if request.lon is None or request.lat is None:
        return None
    points = [
        MapPoint(str(one.number), one.row.title, near.lon, near.lat, one.url)
        for one, near in zip(around, found, strict=True)
    ]
    label = _("示意地图：%(place)s") % {"place": seen(file, request.address) or place_words(file.case)}
    return MapView(
        label=label,
        lon=request.lon,
        lat=request.lat,
        zoom=16,
        ring=200,
        points=points,
        tiles=settings.MAP_TILES,
        key="place",
    )


def copied_words(file: Dossier) -> str:
    """Return a warning for the reviewer when the answer is like an earlier one of the unit."""
    if file.reply is None:
        return ""
    likeness = alikeness(file.reply.text, file.earlier_replies)
    if likeness < COPIED:
        return ""
    return _("和本单位以前的一份答复有 %(n)s%% 相同，看看是不是照抄的。") % {"n": round(likeness * 100)}


def change_words(by: str, move: str, at: datetime, now: datetime) -> str:
    """Return who changed the case last and how, in one sentence."""
    step = next((m for m in MOVES if m.name == move), None)
    words = staff_words(move) or (str(step.past) if step else "")
    return _("%(who)s %(ago)s：%(what)s。") % {"who": by or _("系统"), "ago": ago_words(at, now), "what": words}
