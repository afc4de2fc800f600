"""A new request as a program writes it: its parameters, read and checked one by one."""

import hashlib
import math
import re
from dataclasses import replace
from http import HTTPStatus
from typing import Final

import shapely
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from gongjian.documents.actions import store
from gongjian.documents.models import Document
from gongjian.domains.hotline import rules
from gongjian.domains.hotline.actions.intake import LONGEST, Reporter
from gongjian.domains.hotline.actions.open311 import Message
from gongjian.domains.hotline.api.open311.door import Ask, Refusal
from gongjian.domains.hotline.queries.open311 import Service, address_of, offer
from gongjian.places.queries import communities, find_addresses, ground, locate
from gongjian.places.rules import MOST_LAT, MOST_LON, degrees, is_point

LONGEST_URL: Final = 500
LONGEST_ADDRESS: Final = 120
LONGEST_NAME: Final = 40
LONGEST_ID: Final = 60
MOST_PICTURES: Final = 3
IDEMPOTENCY: Final = "Idempotency-Key"
_ATTRIBUTE: Final = re.compile(r"attribute\[([^\[\]]{1,40})\](?:\[\d*\])?")
_HAN: Final = re.compile("[\u3400-\u9fff]")
_link: Final = URLValidator(schemes=["http", "https"])


def message_of(ask: Ask) -> Message:
    """Return the report a form holds. Raises Refusal with every parameter that is wrong."""
    service = _service(ask)
    wrong: list[str] = []
    description = ask.params.text("description")
    if len(description) > LONGEST:
        wrong.append(_bad("description", _("最多 4000 字，这里有 %s 字。") % len(description)))
    first, last = _short(ask, "first_name", wrong), _short(ask, "last_name", wrong)
    message = Message(
        service=service,
        description=description,
        language=ask.language,
        reporter=Reporter(
            name=_name(first, last),
            phone=_short(ask, "phone", wrong),
            email=ask.params.text("email"),
            consent_contact=ask.params.truth("contact_consent"),
        ),
        names=(first, last),
        media_url=media_url_of(ask, wrong),
        answers=_answers(ask),
        external_id=external_id_of(ask, "external_id", wrong),
    )
    message = _placed(ask, message, wrong)
    if wrong:
        raise Refusal(HTTPStatus.BAD_REQUEST, *wrong)
    return message


def pictures_of(ask: Ask) -> list[int]:
    """Keep the pictures that came with a form, of whatever name, and return their ids. Errors: `Refused`."""
    files = [file for _name, found in ask.request.FILES.lists() for file in found]
    if len(files) > MOST_PICTURES:
        raise Refusal(HTTPStatus.BAD_REQUEST, _bad("media", _("一次最多 %s 张照片。") % MOST_PICTURES))
    stored = [store(upload=file, kind=Document.Kind.PHOTO, actor=ask.actor, at=ask.at, field="media") for file in files]
    return [document.pk for document in stored]


def media_url_of(ask: Ask, wrong: list[str]) -> str:
    """Return the link to a picture as sent; nothing here ever opens it."""
    url = ask.params.text("media_url")
    if not url:
        return ""
    try:
        _link(url)
    except ValidationError:
        wrong.append(_bad("media_url", _("应为 http 或 https 开头的网址。")))
        return ""
    if len(url) > LONGEST_URL:
        wrong.append(_bad("media_url", _("最多 %s 个字符。") % LONGEST_URL))
    return url


def external_id_of(ask: Ask, name: str, wrong: list[str]) -> str | None:
    """Return the program's own number, or its Idempotency-Key in its place; a long key is kept by its digest."""
    given = rules.fold(ask.params.text(name))
    if len(given) > LONGEST_ID:
        wrong.append(_bad(name, _("最多 %s 个字符。") % LONGEST_ID))
    if given:
        return given[:LONGEST_ID]
    key = ask.request.headers.get(IDEMPOTENCY, "").strip()
    return f"key:{hashlib.sha256(key.encode()).hexdigest()[:40]}" if key else None


def _service(ask: Ask) -> Service:
    code = ask.params.text("service_code")
    if not code:
        raise Refusal(HTTPStatus.BAD_REQUEST, _bad("service_code", _("缺少类别的代码。")))
    service = offer(ask.at).for_new(code)
    if service is None:
        raise Refusal(HTTPStatus.NOT_FOUND, _("service_code：没有这个类别。"))
    return service


def _short(ask: Ask, name: str, wrong: list[str]) -> str:
    text = ask.params.text(name)
    if len(text) > LONGEST_NAME:
        wrong.append(_bad(name, _("最多 %s 个字符。") % LONGEST_NAME))
    return text


def _name(first: str, last: str) -> str:
    """Return a name as it is written: family name first in Chinese, given name first elsewhere."""
    chinese = bool(_HAN.search(first + last))
    return last + first if chinese else f"{first} {last}".strip()


def _answers(ask: Ask) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, values in ask.params.given.lists():
        match = _ATTRIBUTE.fullmatch(name)
        given = tuple(value for value in values if value.strip())
        if match and given:
            found[match[1]] = found.get(match[1], ()) + given
    return found


def _placed(ask: Ask, message: Message, wrong: list[str]) -> Message:
    """Return the message with its place: a point, a known address, or words for one; one of them is needed."""
    text = ask.params.text("address_string")
    if len(text) > LONGEST_ADDRESS:
        wrong.append(_bad("address_string", _("最多 %s 个字符。") % LONGEST_ADDRESS))
    code = rules.fold(ask.params.text("address_id"))
    lat, lon = ask.params.text("lat"), ask.params.text("long")
    if not (text or code or lat or lon):
        wrong.append(_bad("lat", _("要有地点：lat 加 long，或 address_string，或 address_id。")))
    message = replace(message, address=text)
    if code:
        message = _at_address(message, code, wrong)
    if lat or lon:
        return _at_point(message, lat, lon, wrong)
    return message if code else _at_words(message, text)


def _at_address(message: Message, code: str, wrong: list[str]) -> Message:
    known = address_of(code)
    if known is None:
        wrong.append(_bad("address_id", _("没有这个地址编号。")))
        return message
    return replace(
        message,
        address=message.address or known.text,
        address_id=known.code,
        community_id=known.community_id,
        lon=known.lon,
        lat=known.lat,
    )


def _at_words(message: Message, text: str) -> Message:
    """Return the message at the known address of exactly these words, if there is one."""
    for known in find_addresses(text, limit=2):
        if known.text == rules.tidy(text):
            return replace(message, lon=known.lon, lat=known.lat, community_id=known.community_id)
    return message


def _at_point(message: Message, lat: str, lon: str, wrong: list[str]) -> Message:
    if not (lat and lon):
        missing = "long" if lat else "lat"
        wrong.append(_bad(missing, _("lat 和 long 要一起发。")))
        return message
    north, east = _degrees("lat", lat, MOST_LAT, wrong), _degrees("long", lon, MOST_LON, wrong)
    if math.isnan(north) or math.isnan(east):
        return message
    if not is_point(east, north) or not in_territory(east, north):
        wrong.append(_bad("lat", _("这个位置不在本区范围内。核对经纬度（WGS-84），或交给所在的区。")))
    return replace(message, lon=east, lat=north, community_id=None)  # of the point, not of an address beside it


def _degrees(name: str, text: str, most: int, wrong: list[str]) -> float:
    value = degrees(rules.fold(text))
    if value is None or abs(value) > most:
        wrong.append(_bad(name, _("应为 -%(most)s 到 %(most)s 之间的度数，例如 22.5571。") % {"most": most}))
        return math.nan
    return value


def in_territory(lon: float, lat: float) -> bool:
    """Whether a point lies in a community, or on the district's land or water; yes where no territory is loaded."""
    if not communities() or locate(lon, lat).inside:
        return True
    shapes = ground()
    point = shapely.Point(lon, lat)
    return any(
        shapely.geometry.shape(shapes[name]["geometry"]).covers(point) for name in ("land", "sea") if shapes[name]
    )


def _bad(name: str, words: str) -> str:
    return f"{name}: {words}"
