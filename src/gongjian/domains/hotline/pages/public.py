"""What the residents' pages share: the plain refusal, photos of a form, words for terms and places."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gongjian.documents.actions import Refused, discard, store
from gongjian.documents.models import Document
from gongjian.documents.queries import of_draft
from gongjian.domains.hotline.forms.public import MOST_PHOTOS, PhotosField, PublicForm
from gongjian.domains.hotline.pages.common import named
from gongjian.domains.hotline.queries import TopicRef, catalogue
from gongjian.identity.actor import Actor
from gongjian.identity.typed import typed
from gongjian.places.queries import communities, subdistricts
from gongjian.web.parts import MapPoint, MapView
from gongjian.workdays.clock import now

TOO_MANY: Final = 429
NEAR_METRES: Final = 200
ZOOM_ALL: Final = 13
ZOOM_PLACE: Final = 16


def slow_down(request: HttpRequest, *, reason: str, back: str, status: int = TOO_MANY) -> HttpResponse:
    """Say plainly why nothing was sent, give back what was typed, and say who can be called."""
    context = {"reason": reason, "back": back, "typed": typed(request, checked=True), "typed_back": back}
    response = render(request, "hotline/report_limit.html", context, status=status)
    if status == TOO_MANY:
        response["Retry-After"] = "60"
    return response


def numbered_words() -> str:
    """Return what is said to whoever typed a number or an address of mail into the words of a matter."""
    return _(
        "您写的话里有电话、证件号码或邮箱。写在话里的不加密，经手的人写明用途都能看到。"
        "要留电话，有专门的一栏，在“怎么联系您”那一步；用不着的，删掉更好。"
    )


def take_photos(
    form: PublicForm, *, uploads: "Sequence[UploadedFile[bytes]]", claim: str, actor: Actor, at: datetime
) -> None:
    """Keep every photo that is good; each that is not gets its own line at the field."""
    room = MOST_PHOTOS - sum(one.is_image for one in of_draft(claim))
    for nth, upload in enumerate(uploads, 1):
        if nth > room:
            form.add_error("photos", _("最多 %(most)s 张，多出的没有加进来。") % {"most": MOST_PHOTOS})
            return
        try:
            store(upload=upload, kind=Document.Kind.PHOTO, actor=actor, at=at, claim_token=claim, field="photos")
        except Refused as refused:
            words = _("第 %(n)s 张（%(name)s）没有收下：%(why)s")
            name = (upload.name or "")[-40:]
            form.add_error("photos", words % {"n": nth, "name": name, "why": refused.message})


def take_voice(
    form: PublicForm, *, upload: "UploadedFile[bytes] | None", claim: str, actor: Actor, at: datetime
) -> None:
    """Keep a voice message in place of the one before; one that is refused says why at its field."""
    if upload is None:
        return
    before = [one for one in of_draft(claim) if one.kind == Document.Kind.RECORDING]
    try:
        store(upload=upload, kind=Document.Kind.RECORDING, actor=actor, at=at, claim_token=claim, field="voice")
    except Refused as refused:
        form.add_error("voice", str(refused.message))
        return
    for one in before:
        discard(document_id=one.pk, claim_token=claim)


def room_for_photos(form: PublicForm, kept: Sequence[object]) -> int:
    """Return how many photos may still come, and let the field say so to the browser."""
    room = max(0, MOST_PHOTOS - len(kept))
    field = form.fields["photos"]
    if isinstance(field, PhotosField):
        field.most = room
    return room


def subject_names(topics: Iterable[TopicRef]) -> dict[str, list[str]]:
    """Return every name a subject goes by: its own two, and what people say every day."""
    words = catalogue(now()).everyday
    return {t.code: [t.name_zh, t.name_en, *words.get(t.code, ())] for t in topics}


def community_groups() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the communities by subdistrict, as (name, [(id, name)]); units without communities are left out."""
    by_street: dict[int, list[tuple[str, str]]] = {}
    for one in communities():
        by_street.setdefault(one.subdistrict_id, []).append((str(one.id), named(one)))
    return [(named(street), by_street[street.id]) for street in subdistricts() if street.id in by_street]


def pick_map(lon: float | None, lat: float | None) -> MapView:
    """Return the map on which a place is tapped; without a place it shows the whole district."""
    middle_lon, middle_lat = _middle()
    known = lon is not None and lat is not None
    return MapView(
        label=_("地图：点一下选地点"),
        lon=lon if known and lon is not None else middle_lon,
        lat=lat if known and lat is not None else middle_lat,
        zoom=ZOOM_PLACE if known else ZOOM_ALL,
        pick=True,
        ring=NEAR_METRES if known else 0,
        tiles=settings.MAP_TILES,
    )


def near_map(lon: float, lat: float, points: Sequence[MapPoint]) -> MapView:
    """Return the map of a place with its numbered neighbours."""
    return MapView(
        label=_("地图：您说的地点和附近相似的事"),
        lon=lon,
        lat=lat,
        zoom=ZOOM_PLACE,
        ring=NEAR_METRES,
        points=points,
        tiles=settings.MAP_TILES,
    )


def _middle() -> tuple[float, float]:
    seats = communities()
    if not seats:
        return 114.24, 22.56
    return sum(s.lon for s in seats) / len(seats), sum(s.lat for s in seats) / len(seats)
