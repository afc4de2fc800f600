"""Showing a little of a personal value, and taking such values out of free text.

Source: GB/T 35273-2020 (de-identification on display); design, systems/1-hotline A2.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from django.conf import settings

MOBILE = 11
SHOWN_HEAD = 3
COVERED = "*" * 8  # always as many, so that they do not tell how long it is
HIDDEN = "***"

# Every sign is folded to one sign, so that a place in the folded text is the same place in the original. Gaps are of
# two kinds: people group a number by spaces and hyphens, but commas also part one number from the next.
_DIGITS = dict(zip("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True))
_SIGNS = {"＋": "+", "（": "(", "）": ")", "Ｘ": "X", "ｘ": "X", "x": "X", "：": ":"}
_SPACES = dict.fromkeys("\u3000\u00a0\t-－–—‐‑−_＿/／~～", " ")
_COMMAS = dict.fromkeys("·•・.．、，", ",")
_FOLD = str.maketrans({chr(0xFF10 + digit): str(digit) for digit in range(10)} | _DIGITS | _SIGNS | _SPACES | _COMMAS)

_GAP = r"[ ,]{0,2}"
_START, _END = r"(?<!\d)", r"(?!\d)"
_DATE = (
    rf"(?:1{_GAP}[89]|2{_GAP}0)(?:{_GAP}\d){{2}}{_GAP}(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}(?:[012]{_GAP}\d|3{_GAP}[01])"
)
_IDENTITY = rf"(?P<hide>{_START}(?P<number>[1-9](?:{_GAP}\d){{5}}{_GAP}{_DATE}(?:{_GAP}\d){{3}}{_GAP}[\dX])(?![\dA-Z]))"
_CARD = rf"(?P<hide>{_START}(?P<number>[3-6](?: {{0,2}}\d){{%d}}){_END})"
_CHINA = rf"(?:(?:\+|{_START}00|{_START}){_GAP}86{_GAP}|{_START})"
_MOBILE = rf"(?P<hide>{_CHINA}(?P<number>1{_GAP}[3-9](?:{_GAP}\d){{9}}){_END})"
_ABROAD = rf"(?P<hide>(?:\+|{_START}00(?=852|853|886)){_GAP}[1-9](?:[ ()]{{0,2}}\d){{7,14}}{_END})"
_LANDLINE = rf"(?P<hide>\(?{_START}0(?:10|2\d|[3-9]\d{{2}})\)?{_GAP}[2-9]\d{{2,3}}{_GAP}\d{{4}}{_END})"
_LOCAL = rf"(?:电话|座机|手机|号码|[Tt][Ee][Ll])[:是为 ]{{0,3}}(?P<hide>{_START}[2-9]\d{{3}}{_GAP}\d{{3,4}}{_END})"
_WORTH_LOOKING = re.compile(r"\d(?:[ ,()]{0,2}\d){6}")
# The same in the text as it is written: most texts hold no such row of digits and need not be folded.
_DIGIT = "".join(chr(sign) for sign, folded in _FOLD.items() if str(folded).isdigit())
_PART = "".join(re.escape(chr(sign)) for sign, folded in _FOLD.items() if folded in {" ", ",", "(", ")"})
_WORTH_FOLDING = re.compile(rf"[\d{_DIGIT}](?:[ ,(){_PART}]{{0,2}}[\d{_DIGIT}]){{6}}")
# For the database: what this does not find in a text holds nothing that is hidden.
MAY_HIDE = rf"{_WORTH_FOLDING.pattern}|[@＠]"
_RUNS = re.compile(r"\d+")
_USUAL = {(11,), (3, 4, 4), (3, 8), (7, 4)}
_LONG_RUN, _CARD_RUN = 3, 4
_UNIONPAY = "62"
_MAIL = re.compile(r"[\w.+-]+[@＠][\w-]+(?:[.．][\w-]+)+")


def mask_phone(phone: str) -> str:
    """Return a phone number by its first three digits: 138 ********; nothing of a short one.

    No other digit is ever shown: the last four tell at `/track` where a matter stands.
    """
    line = phone.partition(";")[0]  # what follows is an extension
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", line) if sign.isdigit())
    if len(digits) < MOBILE - 1:
        return COVERED if digits else ""
    return f"{digits[-MOBILE:][:SHOWN_HEAD]} {COVERED}"


def mask_name(name: str) -> str:
    """Return a name with only its first sign: 刘**; of names in letters each word's first (J*** S***)."""
    name = name.strip()
    if not name:
        return ""
    if name.isascii():
        return " ".join(f"{word[0]}***" for word in name.split())
    return name[0] + "*" * min(max(len(name) - 1, 1), 2)


def scrub(text: str) -> str:
    """Return the text with phone, identity-card and bank-card numbers replaced by ***.

    Digits may be full width or Chinese (一三八…), parted by spaces, hyphens or commas, with +86 in front. Case numbers,
    dates, amounts and house numbers stay: a separated number is taken only when its groups are those in which people
    write such numbers, a card only when it is UnionPay's or its check digit is right.
    """
    if not _WORTH_FOLDING.search(text):
        return text
    for pattern, is_personal in _PATTERNS:
        folded = text.translate(_FOLD)
        if not _WORTH_LOOKING.search(folded):
            return text
        kept = [match.span() for match in _case_numbers(settings.CASE_NUMBER_PREFIX).finditer(folded)]
        spans = [match.span("hide") for match in pattern.finditer(folded) if is_personal(match)]
        text = _hide(text, [span for span in spans if not any(begins <= span[0] < ends for begins, ends in kept)])
    return text


def hide_contacts(text: str) -> str:
    """Return the text as it may be shown to whoever has no leave to see contact data: without mail addresses too."""
    text = scrub(text)
    return _MAIL.sub(HIDDEN, text) if "@" in text or "＠" in text else text


@cache
def _case_numbers(prefix: str) -> re.Pattern[str]:
    """Return what finds our own numbers: those of older years would pass for a mobile number once they are long."""
    return re.compile(rf"(?i:{re.escape(prefix)}) ?\d\d(?:0[1-9]|1[0-2]) ?\d{{5,10}}{_END}")


def _hide(text: str, spans: list[tuple[int, int]]) -> str:
    """Replace spans, given in order; those that overlap become one."""
    parts, place = [], 0
    for begins, ends in spans:
        if begins >= place:
            parts += [text[place:begins], HIDDEN]
        place = max(place, ends)
    return "".join([*parts, text[place:]])


def _runs(match: re.Match[str]) -> tuple[int, ...]:
    """Return how long the groups are in which the number is written."""
    return tuple(len(run) for run in _RUNS.findall(match.group("number")))


def _is_grouped(match: re.Match[str]) -> bool:
    """Tell whether it is one number: whole, in groups of three and more, or evenly in ones or twos.

    13-14-2026-112 is an address, 1、3、5、7、9、11、13、15 are bus lines, 1301、1302、103 are rooms.
    """
    runs = _runs(match)
    even = len(set(runs[:-1])) <= 1 and runs[-1] <= runs[0]
    return "," not in match.group("number") and (min(runs) >= _LONG_RUN or even)


def _is_usual(match: re.Match[str]) -> bool:
    return _runs(match) in _USUAL


def _is_card(match: re.Match[str]) -> bool:
    """Tell whether it is a card: whole or in fours, and UnionPay's or with the right check digit (ISO/IEC 7812)."""
    if any(run < _CARD_RUN for run in _runs(match)[:-1]):
        return False
    digits = "".join(_RUNS.findall(match.group("number")))
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return digits.startswith(_UNIONPAY) or sum(value // 10 + value % 10 for value in doubled) % 10 == 0


def _always(_match: re.Match[str]) -> bool:
    return True


def _sought(pattern: str) -> re.Pattern[str]:
    """Return a pattern that is tried at every place, so that a refused find does not swallow the one after it."""
    return re.compile(f"(?={pattern})")


# Long numbers before the short ones they contain, usual groups before those that may belong to the number before.
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (_sought(_IDENTITY), _is_grouped),
    *((_sought(_CARD % rest), _is_card) for rest in (18, 17, 16, 15)),
    (_sought(_MOBILE), _is_usual),
    (_sought(_MOBILE), _is_grouped),
    (_sought(_ABROAD), _always),
    (_sought(_LANDLINE), _always),
    (_sought(_LOCAL), _always),
)
