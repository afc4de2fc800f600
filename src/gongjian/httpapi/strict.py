"""JSON as programs may send it: counted before anything is made of it, then read without what JSON does not have.

RFC 8259 leaves to the reader what names that come twice, numbers beyond a double and deep nesting mean; two readers
that take them differently are a way past a check (RFC 7493 forbids them). They are refused here.
"""

import json
import math
import re
from collections.abc import Iterable
from itertools import accumulate
from typing import Any, Final, NoReturn

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from ninja.parser import Parser
from ninja.types import DictStrAny

from gongjian.httpapi.bodies import JSON_MOST, KB, STATUS, Fault, fault_of
from gongjian.httpapi.problems import Problem

MOST_DEEP: Final = 8
MOST_MEMBERS: Final = 200  # of all objects and lists together
MOST_DIGITS: Final = 40  # of a number, as it is written
SHOWN: Final = 60
# A text, or the beginning of one that never ends: so that no sign is looked at twice.
_TEXT: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+\\?(?:"|\Z)', re.DOTALL)
_SIGNS: Final = re.compile(rb"[\[\]{},]")
_STEPS: Final = {b"[": 1, b"{": 1, b"]": -1, b"}": -1, b",": 0}

TOO_LARGE: Final = format_lazy(_("内容最多 {most} KB。照片和文件不从这里交。"), most=JSON_MOST // KB)
WORDS: Final[dict[Fault, str | Promise]] = {
    Fault.TOO_LARGE: TOO_LARGE,
    Fault.TOO_SLOW: _("内容没有在时限里传完。再发一次。"),
    Fault.CUT_SHORT: _("内容没有传完。再发一次。"),
    Fault.CROWDED: _("现在太忙。等一会儿再发，间隔见 Retry-After。"),
}
KINDS: Final = {
    Fault.TOO_LARGE: "too-large",
    Fault.TOO_SLOW: "too-slow",
    Fault.CUT_SHORT: "bad-request",
    Fault.CROWDED: "busy",
}


class StrictParser(Parser):
    """Reads the body of a request for the API."""

    def parse_body(self, request: HttpRequest) -> DictStrAny:
        """Return what a body holds. Raises Problem; ninja hands it on as the cause of its own error."""
        found: DictStrAny = read(request.body)
        return found


def refuse_unread(request: HttpRequest) -> None:
    """Refuse a request whose body was not read, is too large, or is not JSON by its own account. Raises Problem."""
    fault = fault_of(request)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if fault is None and length.isdecimal() and int(length) > JSON_MOST:
        fault = Fault.TOO_LARGE
    if fault is not None:
        headers = {"Retry-After": "10"} if fault is Fault.CROWDED else {}
        raise Problem(STATUS[fault], KINDS[fault], WORDS[fault], headers=headers)
    if length not in {"", "0"} and not _is_json(request.content_type or ""):
        raise Problem(415, "not-json", _("内容请用 application/json 发。"))


def _is_json(content_type: str) -> bool:
    kind = content_type.lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))


def read(body: bytes) -> Any:
    """Return what a text of JSON says. Raises Problem 400 for one that is none, or none that we take."""
    _count(body)
    try:
        return json.loads(
            body.decode(), object_pairs_hook=_object, parse_int=_whole, parse_float=_number, parse_constant=_constant
        )
    except UnicodeDecodeError as error:
        raise _bad(_("内容不是 UTF-8 文字。")) from error
    except (ValueError, RecursionError) as error:
        raise _bad(_("内容不是有效的 JSON。")) from error


def _count(body: bytes) -> None:
    """Count how deep and how many, by the signs outside of texts."""
    signs = _SIGNS.findall(_TEXT.sub(b"", body))
    if max(accumulate(_STEPS[sign] for sign in signs), default=0) > MOST_DEEP:
        raise _bad(format_lazy(_("括号最多套 {most} 层。"), most=MOST_DEEP))
    if sum(sign == b"," for sign in signs) >= MOST_MEMBERS:
        raise _bad(format_lazy(_("最多 {most} 项。"), most=MOST_MEMBERS))


def _object(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise _bad(format_lazy(_("“{name}”写了两次。"), name=name[:SHOWN]))
        found[name] = value
    return found


def _whole(text: str) -> int:
    _short(text)
    return int(text)


def _number(text: str) -> float:
    _short(text)
    found = float(text)
    if not math.isfinite(found):
        raise _bad(format_lazy(_("数字太大：{number}"), number=text))
    return found


def _short(text: str) -> None:
    if len(text) > MOST_DIGITS:
        raise _bad(format_lazy(_("数字太长：{number}……"), number=text[:MOST_DIGITS]))


def _constant(name: str) -> NoReturn:
    raise _bad(format_lazy(_("JSON 里没有 {name}。"), name=name))


def _bad(words: str | Promise) -> Problem:
    return Problem(400, "bad-request", words)
