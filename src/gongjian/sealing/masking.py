"""Showing a little of a personal value, and taking such values out of free text.

Source: GB/T 35273-2020 (de-identification on display); design, systems/1-hotline A2.
"""

import re
import unicodedata
from collections.abc import Callable

MOBILE = 11
SHOWN_HEAD, SHOWN_TAIL = 3, 4
HIDDEN = "***"

# Every sign is folded to one sign, so that a place in the folded text is the same place in the original.
_DIGITS = dict(zip("零〇一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True))
_SIGNS = {"＋": "+", "（": "(", "）": ")", "Ｘ": "X", "ｘ": "X", "x": "X", "：": ":"}
_GAPS = dict.fromkeys("\u3000\u00a0\t-－–—‐‑−·•・.．、，,_＿/／~～", " ")
_FOLD = str.maketrans({chr(0xFF10 + digit): str(digit) for digit in range(10)} | _DIGITS | _SIGNS | _GAPS)

_GAP = r" {0,2}"
_START, _END = r"(?<!\d)", r"(?!\d)"
_IDENTITY = re.compile(
    rf"{_START}[1-9](?:{_GAP}\d){{5}}{_GAP}(?:1{_GAP}[89]|2{_GAP}0)(?:{_GAP}\d){{2}}"
    rf"{_GAP}(?:0{_GAP}[1-9]|1{_GAP}[0-2]){_GAP}(?:0{_GAP}[1-9]|[12]{_GAP}\d|3{_GAP}[01])"
    rf"(?:{_GAP}\d){{3}}{_GAP}[\dX](?![\dA-Z])",
)
_CARD = re.compile(rf"{_START}[3-6](?:{_GAP}\d){{15,18}}{_END}")
_MOBILE = re.compile(rf"(?:(?:\+|{_START}00|{_START}){_GAP}86{_GAP}|{_START})(1{_GAP}[3-9](?:{_GAP}\d){{9}}){_END}")
_FOREIGN = re.compile(rf"(?:\+|{_START}00(?=852|853|886)){_GAP}[1-9](?:[ ()]{{0,2}}\d){{7,14}}{_END}")
_LANDLINE = re.compile(
    rf"(?:\({_GAP})?{_START}0(?:10|2\d|[3-9]\d{{2}}){_GAP}\)?{_GAP}[2-9]\d{{2,3}}{_GAP}\d{{4}}{_END}"
)
_NAMED = re.compile(rf"(?:电话|座机|手机|号码|[Tt][Ee][Ll])[:是为 ]{{0,3}}({_START}[2-9]\d{{3}}{_GAP}\d{{3,4}}){_END}")
_RUNS = re.compile(r"\d+")
_LONG_RUN, _CARD_RUN = 3, 4
_UNIONPAY = "62"


def mask_phone(phone: str) -> str:
    """Return a phone number with its middle hidden: 138 **** 5678; of a short one the last two digits are left."""
    digits = "".join(sign for sign in unicodedata.normalize("NFKC", phone) if sign.isdigit())
    if not digits:
        return ""
    if len(digits) < MOBILE - 1:
        return f"**** {digits[-2:]}"
    return f"{digits[-MOBILE:][:SHOWN_HEAD]} **** {digits[-SHOWN_TAIL:]}"


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
    for pattern, is_personal in _PATTERNS:
        folded = text.translate(_FOLD)
        spans = [match.span(match.lastindex or 0) for match in pattern.finditer(folded) if is_personal(match)]
        for begins, ends in reversed(spans):
            text = text[:begins] + HIDDEN + text[ends:]
    return text


def _always(_match: re.Match[str]) -> bool:
    return True


def _is_mobile(match: re.Match[str]) -> bool:
    """Tell whether the groups are those of a phone number: 3-4-4 and its like, or evenly ones or twos.

    13-14-2026-112 is an address, and 1、3、5、7、9、11、13、15 are bus lines.
    """
    runs = [len(run) for run in _RUNS.findall(match.group(1))]
    even = len(set(runs[:-1])) == 1 and runs[-1] <= runs[0]
    return min(runs) >= _LONG_RUN or even


def _is_card(match: re.Match[str]) -> bool:
    """Tell whether it is a card: whole or in fours, and UnionPay's or with the right check digit (ISO/IEC 7812)."""
    runs = _RUNS.findall(match.group())
    digits = "".join(runs)
    if any(len(run) < _CARD_RUN for run in runs[:-1]):
        return False
    doubled = (int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return digits.startswith(_UNIONPAY) or sum(value // 10 + value % 10 for value in doubled) % 10 == 0


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], bool]], ...] = (
    (_IDENTITY, _always),
    (_CARD, _is_card),
    (_MOBILE, _is_mobile),
    (_FOREIGN, _always),
    (_LANDLINE, _always),
    (_NAMED, _always),
)
