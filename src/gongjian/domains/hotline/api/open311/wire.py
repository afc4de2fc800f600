"""Answers of Open311 in XML and JSON from one tree.

The JSON follows the Spark convention: an element that holds items of one name becomes a list, the name of the root and
of the items is dropped, everything else stands as it does in the XML. An empty element is null.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final
from xml.sax.saxutils import escape

from django.http import HttpResponse

from gongjian.workdays.rules import local_moment

type Leaf = str | int | float | bool | None
type Tree = Leaf | Mapping[str, Tree] | Sequence[Tree]

CONTENT_TYPES: Final = {"xml": "text/xml; charset=utf-8", "json": "application/json; charset=utf-8"}
DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
# What the items of a list are called; every list of the standard stands here.
ITEM: Final = {
    "attributes": "attribute",
    "endpoints": "endpoint",
    "errors": "error",
    "formats": "format",
    "service_request_updates": "request_update",
    "service_requests": "request",
    "services": "service",
    "values": "value",
}
# XML 1.0 has no place for these, not even escaped; no reader of either format misses them.
_UNSPEAKABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def answer(root: str, body: Tree, form: str, *, status: int = 200) -> HttpResponse:
    """Return the tree as `form` ("xml" or "json"); `root` is the outermost element."""
    tree = _spoken(body)
    if form == "json":
        text = json.dumps(tree, ensure_ascii=False, separators=(",", ":"))
    else:
        text = DECLARATION + "".join(_elements(root, tree))
    return HttpResponse(text, status=status, content_type=CONTENT_TYPES[form])


def refusal(status: int, descriptions: Sequence[str], form: str) -> HttpResponse:
    """Return what went wrong: one error for each description, all under the code of the answer."""
    return answer("errors", [{"code": status, "description": words} for words in descriptions], form, status=status)


def w3(moment: datetime | None) -> str | None:
    """Return a moment as W3C date and time with its offset, to the second."""
    return None if moment is None else local_moment(moment).isoformat(timespec="seconds")


def _spoken(tree: Tree) -> Tree:
    """Return the tree without the signs XML cannot hold, and empty texts as nothing."""
    if isinstance(tree, str):
        return _UNSPEAKABLE.sub("", tree) or None
    if isinstance(tree, Mapping):
        return {name: _spoken(value) for name, value in tree.items()}
    if isinstance(tree, Sequence):
        return [_spoken(value) for value in tree]
    return tree


def _elements(name: str, tree: Tree) -> Iterator[str]:
    if tree is None or tree == []:
        yield f"<{name}/>"
        return
    yield f"<{name}>"
    if isinstance(tree, Mapping):
        for child, value in tree.items():
            yield from _elements(child, value)
    elif isinstance(tree, Sequence) and not isinstance(tree, str):
        for value in tree:
            yield from _elements(ITEM[name], value)
    else:
        yield _leaf(tree)
    yield f"</{name}>"


def _leaf(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(str(value), {"\r": "&#13;"})
