"""Every way a report comes in, for tests that send one thing through all of them."""

import csv
import io
import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.test import Client
from django.urls import reverse

from gongjian.casework.models import Case
from gongjian.documents.tables import UnreadableSheet
from gongjian.domains.hotline import queries
from gongjian.domains.hotline.actions import importing
from gongjian.domains.hotline.bulk.importing import Layout, check, write
from gongjian.domains.hotline.models import ImportFault
from gongjian.domains.hotline.tests.open311 import FORM, KEY, V2
from gongjian.domains.hotline.tests.staff_pages import CALL_TAKER, at_desk
from gongjian.identity.actor import SYSTEM
from gongjian.testing.clock import MONDAY_MORNING

PLACE = {"lon": "114.2401", "lat": "22.5571"}
WORDS = "门口的路灯连续三晚不亮，老人出门看不清台阶。"
addresses = itertools.count(1)
tokens = itertools.count(1)


@dataclass
class Came:
    """What a door answered: the statuses of its answers, their words, and the case that was opened."""

    statuses: list[int]
    said: str
    case: Case | None = field(default=None)


type Door = Callable[[Mapping[str, Any]], Came]


def somewhere() -> dict[str, Any]:
    """Return a network address of its own: what is sent from one address is limited."""
    number = next(addresses)
    return {"REMOTE_ADDR": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"}


def _came(last: int, *answers: Any) -> Came:
    said = "\n".join(answer.content.decode() for answer in answers)
    case = Case.objects.filter(pk__gt=last).select_related("request").order_by("-pk").first()
    return Came([answer.status_code for answer in answers], said, case)


def _last() -> int:
    return Case.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def web(given: Mapping[str, Any]) -> Came:
    """Go through the five steps as long as they lead on; `spot` stands for the point where it is given."""
    client, last, answers = Client(**somewhere()), _last(), []
    point = {"spot": given["spot"]} if "spot" in given else {name: given.get(name, PLACE[name]) for name in PLACE}
    steps = {
        "report": {"kind": "complaint", "words": "路灯不亮", "topic": "street-lights"},
        "report_where": {"address": given.get("address", ""), "unknown": "on", **point},
        "report_describe": {"description": given.get("description", WORDS), "ask-FAULT": "out"},
        "report_contact": {
            "name": given.get("name", ""),
            "phone": given.get("phone", ""),
            "language": "zh-hans",
            "unnotified": "on",
        },
        "report_check": {},
    }
    for name, data in steps.items():
        answers.append(client.post(reverse(f"hotline:{name}"), data))
        if answers[-1].status_code != 302:
            break
    return _came(last, *answers)


def phone(given: Mapping[str, Any]) -> Came:
    """Send what a phone kept without a signal."""
    last = _last()
    point = {"spot": given["spot"]} if "spot" in given else {name: given.get(name, PLACE[name]) for name in PLACE}
    data = {
        "kind": "complaint", "words": "路灯不亮", "topic": "street-lights", "unknown": "on", "language": "zh-hans",
        "owner": "", "unnotified": "on", "address": given.get("address", ""), "description": given.get("description", WORDS),
        "name": given.get("name", ""), "phone": given.get("phone", ""), **point,
    }  # fmt: skip
    key = f"a-key-of-this-thing-{next(tokens)}"
    client = Client(headers={"idempotency-key": key}, **somewhere())
    return _came(last, client.post(reverse("hotline:report_send"), data))


def call_desk(given: Mapping[str, Any]) -> Came:
    """Register a call."""
    last = _last()
    topic = queries.catalogue(MONDAY_MORNING).by_code("street-lights")
    point = given.get("spot", f"{given.get('lon', PLACE['lon'])},{given.get('lat', PLACE['lat'])}")
    data = {
        "token": f"token-of-this-form-{next(tokens)}", "kind": "complaint", "act": "register", "place": point,
        "topic": str(topic.id) if topic else "", "topic_text": topic.name_zh if topic else "",
        "ask-FAULT": "out", "description": given.get("description", WORDS), "address": given.get("address", ""),
        "name": given.get("name", ""), "phone": given.get("phone", ""),
        **({"consent": "no"} if given.get("name") or given.get("phone") else {"anonymous": "on"}),
    }  # fmt: skip
    return _came(last, at_desk(CALL_TAKER).post(reverse("hotline:call_desk"), data))


def api(given: Mapping[str, Any]) -> Came:
    """Send a report as JSON; degrees are numbers where they can be."""
    last = _last()
    body = {
        "text": given.get("description", WORDS), "topic": "street-lights", "address": given.get("address", ""),
        "reporter": {"name": given.get("name", ""), "phone": given.get("phone", "")},
        **{name: _number(given.get(name, PLACE[name])) for name in PLACE},
    }  # fmt: skip
    client = Client(**somewhere())
    return _came(last, client.post("/api/v1/hotline/cases", json.dumps(body), content_type="application/json"))


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text


def open311(given: Mapping[str, Any]) -> Came:
    """Send a report in the standard's form; needs the key of `make_key`."""
    last = _last()
    body = {
        "service_code": "street-lights", "attribute[FAULT]": "out", "api_key": KEY,
        "lat": given.get("lat", PLACE["lat"]), "long": given.get("lon", PLACE["lon"]),
        "address_string": given.get("address", ""), "description": given.get("description", WORDS),
        "first_name": given.get("name", ""), "phone": given.get("phone", ""),
    }  # fmt: skip
    encoded = urlencode(body, errors="surrogatepass")
    return _came(last, Client(**somewhere()).post(f"{V2}/requests.json", encoded, content_type=FORM))


def importer(given: Mapping[str, Any], at: datetime = MONDAY_MORNING) -> Came:
    """Take in one row of a file."""
    last = _last()
    row = {
        "原编号": f"A{next(tokens)}", "状态": "在办", "登记时间": "2026-11-01", "内容": given.get("description", WORDS),
        "地点": given.get("address", ""), "经度": given.get("lon", PLACE["lon"]), "纬度": given.get("lat", PLACE["lat"]),
        "诉求人": given.get("name", ""), "电话": given.get("phone", ""),
    }  # fmt: skip
    out = io.StringIO()
    table = csv.DictWriter(out, row)
    table.writeheader()
    table.writerow(row)
    source = io.BytesIO(out.getvalue().encode(errors="surrogatepass"))
    batch = importing.begin(program="doors", file_name="one.csv", mapping="", actor=SYSTEM, at=at)
    try:
        check(batch, source, Layout(), at=at)
        write(batch, source, Layout(), at=at)
    except UnreadableSheet as error:
        return Came([422], str(error))
    said = "\n".join(f"{f.field} {f.message}" for f in ImportFault.objects.filter(batch=batch))
    case = Case.objects.filter(pk__gt=last).select_related("request").order_by("-pk").first()
    return Came([201 if case else 422], said, case)


PEOPLE: dict[str, Door] = {"web": web, "phone": phone, "call desk": call_desk}
PROGRAMS: dict[str, Door] = {"api": api, "open311": open311, "importer": importer}
DOORS: dict[str, Door] = PEOPLE | PROGRAMS
