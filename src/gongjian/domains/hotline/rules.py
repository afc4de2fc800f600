"""What the hotline's rules compute from values they are given."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from gongjian.text import clean
from gongjian.workdays.rules import Term, Unit

TITLE_LENGTH: Final = 40
# A unit may ask for more time twice, each time at most once the original term (service rules, F3).
MOST_EXTENSIONS: Final = 2
# The second return goes to the district's backstop unit.
RETURNS_TO_BACKSTOP: Final = 2
# The unit may wait for the resident once.
MOST_WAITS: Final = 1
# Calls at different hours before a callback may end unreached.
CALL_ATTEMPTS: Final = 3
# From this likeness on an answer counts as copied from an earlier one (service rules, F3).
COPIED: Final = 0.95
MOST_EARLIER: Final = 50
LONGEST_COMPARED: Final = 8_000  # signs; as long as an answer may be
_SENTENCE = re.compile(r"[。！？!?\n；;]")
_SPANS = {Unit.MINUTES: "minutes", Unit.HOURS: "hours", Unit.CALENDAR_DAYS: "days"}


def fold(text: str) -> str:
    """Return the text with full-width letters and digits folded, trimmed."""
    return unicodedata.normalize("NFKC", text).strip()


# Full-width digits, capitals and small letters, and the ideographic space; Chinese punctuation stays what it is.
_WIDE: Final = {w: w - 0xFEE0 for a, b in ("０９", "ＡＺ", "ａｚ") for w in range(ord(a), ord(b) + 1)} | {0x3000: 0x20}


def tidy(text: str) -> str:
    """Return somebody's words with full-width letters and digits folded, trimmed; the punctuation stays theirs."""
    return clean(text).translate(_WIDE).strip()


def title_of(description: str) -> str:
    """Return the first sentence of the words, at most 40 characters."""
    first = next((part.strip() for part in _SENTENCE.split(description) if part.strip()), "")
    return first if len(first) <= TITLE_LENGTH else first[: TITLE_LENGTH - 1] + "…"


def emergency_service(text: str, words: Iterable[tuple[str, str]]) -> str:
    """Return 110, 119 or 120 for the first emergency word in the text, or nothing.

    `words` are (word, service). Life comes first: 120 and 119 are looked for before 110.
    """
    folded = fold(text).lower()
    found = {service for word, service in words if word.lower() in folded}
    return next((service for service in ("119", "120", "110") if service in found), "")


def urge_from(opened_at: datetime, due_at: datetime | None, last_urged_at: datetime | None, gap: timedelta) -> datetime:
    """Return the moment from which the resident may urge: after half the time, then once in each gap."""
    half = opened_at + (due_at - opened_at) / 2 if due_at is not None and due_at > opened_at else opened_at
    return half if last_urged_at is None else max(half, last_urged_at + gap)


def attempt_is_new_hour(previous: Iterable[datetime], at: datetime) -> bool:
    """Whether a call is made at another hour than those before; three tries in five minutes are one try."""
    return all(abs(at - earlier) >= timedelta(hours=1) for earlier in previous)


def span(term: Term) -> timedelta:
    """Return the length of a term in minutes, hours or calendar days; working time has no fixed length."""
    if term.unit not in _SPANS:
        raise ValueError(f"{term.unit} has no fixed length")
    return timedelta(**{_SPANS[term.unit]: term.amount})


def alikeness(text: str, earlier: Iterable[str]) -> float:
    """Return how like the text is to the most like of the earlier ones, 0 to 1; below `COPIED` it is not worked out.

    Counted by pairs of signs, in time that grows as the texts do: one changed sign changes two pairs.
    """
    pairs = _pairs(text)
    best = max((_shared(pairs, _pairs(other)) for other in islice(earlier, MOST_EARLIER)), default=0.0)
    likeness = 1 - (1 - best) / 2
    return likeness if likeness >= COPIED else 0.0


def _pairs(text: str) -> Counter[str]:
    compared = text[:LONGEST_COMPARED]
    return Counter(compared[i : i + 2] for i in range(max(1, len(compared) - 1)))


def _shared(one: Counter[str], other: Counter[str]) -> float:
    """Return which part of the pairs two texts have in common (Dice's coefficient)."""
    return 2 * (one & other).total() / (one.total() + other.total())


def best_matches(words: str, names: Mapping[str, Sequence[str]], most: int = 4) -> list[str]:
    """Return the keys whose names share most with a few words, best first; nothing where nothing is shared.

    Chinese is compared by pairs of signs, Latin letters by whole words.
    """
    wanted = _pieces(words)
    scores = {key: len(wanted & set().union(*map(_pieces, texts))) for key, texts in names.items()}
    found = sorted((key for key, score in scores.items() if score), key=lambda key: -scores[key])
    return found[:most]


def _pieces(text: str) -> set[str]:
    found: set[str] = set()
    for run in re.findall(r"[a-z]{3,}|[\u3400-\u9fff]+", fold(text).lower()):
        found |= {run} if run.isascii() else {run[i : i + 2] for i in range(len(run) - 1)}
    return found - _EVERYWHERE


# Words that say nothing about the subject.
_EVERYWHERE: Final = frozenset(
    {"the", "and", "for", "our", "问题", "服务", "管理", "有人", "我们", "小区", "with", "from", "are"}
)


LONGEST_LINE: Final = 200
LONGEST_TEXT: Final = 4_000


def plain_answer(datatype: str, value: str, keys: Sequence[str]) -> str | None:
    """Return the answer to a question of a topic in its plain form, or None where it is not of the datatype.

    Numbers and times may be written full width; a time needs its offset. Source: Open311 GeoReport v2, attribute.
    """
    if datatype == "number":
        return _number(fold(value))
    if datatype == "datetime":
        moment = moment_of(value)
        return None if moment is None else moment.isoformat(timespec="seconds")
    if datatype in {"singlevaluelist", "multivaluelist"}:
        return next((key for key in (value.strip(), fold(value)) if key in keys), None)
    words = tidy(value)
    longest = LONGEST_TEXT if datatype == "text" else LONGEST_LINE
    broken = datatype == "string" and ("\n" in words or "\r" in words)
    return None if broken or len(words) > longest else words


def moment_of(text: str) -> datetime | None:
    """Return a W3C date and time with its offset; None where it is none, or has no offset.

    A "+" that became a space on its way through an address is read as the "+" it was.
    """
    folded = fold(text)
    try:
        moment = datetime.fromisoformat(re.sub(r" (?=\d\d:?\d\d$)", "+", folded))
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _number(text: str) -> str | None:
    if not re.fullmatch(r"[+-]?\d{1,15}(?:\.\d{1,10})?", text, re.ASCII):
        return None
    return text.removeprefix("+")


# What a wording of an answer may leave open, by the names people write; both languages mean the same.
PLACEHOLDERS: Final = {
    "称呼": "greeting", "件号": "number", "单位": "unit", "日期": "date", "类别": "topic", "标题": "title",
    "greeting": "greeting", "number": "number", "unit": "unit", "date": "date", "topic": "topic", "title": "title",
}  # fmt: skip
_PLACE = re.compile(r"[{｛]\s*([^{}｛｝\n]{1,20}?)\s*[}｝]")


def unknown_placeholders(text: str) -> list[str]:
    """Return what stands in braces and means nothing, in the order of the text."""
    return [name for name in _PLACE.findall(text) if name.lower() not in PLACEHOLDERS]


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """Return a wording with its places filled; a place nobody has a value for stays, so that the writer sees it."""

    def put(found: re.Match[str]) -> str:
        return values.get(PLACEHOLDERS.get(found[1].lower(), ""), "") or found[0]

    return _PLACE.sub(put, text)


_OPTION: Final = re.compile(r"\s*([^=|\s][^=|]*?)\s*=\s*([^|]+?)\s*(?:\|\s*(.+?)\s*)?")


def options_of(text: str) -> list[tuple[str, str, str]]:
    """Return the options of a list, each as key, Chinese and English name, from lines `key = 中文 | English`.

    Errors: ValueError with the line that is none, or whose key came before.
    """
    found: dict[str, tuple[str, str, str]] = {}
    for line in filter(str.strip, text.splitlines()):
        match = _OPTION.fullmatch(line)
        if match is None or match[1] in found:
            raise ValueError(line.strip())
        found[match[1]] = (match[1], match[2], match[3] or match[2])
    return list(found.values())
