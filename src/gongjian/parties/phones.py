"""Telephone numbers as people write them, and as programs compare them.

Numbers are kept as E.164 text: +8613812345678, +8675525551234, +85221234567; an extension follows the line as in
RFC 3966: +8675525551234;ext=801. Whoever looks for callers looks for the line.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import phonenumbers
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from gongjian.parties.refusals import InvalidPhone

__all__ = [
    "InvalidPhone", "can_text", "country_code", "display_phone", "is_land_line", "line_of", "normalise_phone",
    "tail_of",
]  # fmt: skip

HOME_REGION = "CN"
LONGEST = 40
MOST_DIGITS = 17  # "00" and the 15 of E.164
MOBILE_DIGITS = 11
LOCAL_DIGITS = 8
SHORT_DIGITS = 6  # up to so many: a service, such as 12349
TAIL = 4
# Marks people put between the groups of a number; all of them fall away.
SEPARATORS = dict.fromkeys(
    map(ord, " \t\r\n-.()/,;:'\"[]{}_~·•、。，；：（）【】《》—–‐‑‒―−～•・\u3000\u00a0\u200b\ufeff")
)
EXTENSION = ";ext="
_LONGEST_EXTENSION = 6
# An extension behind its name, once the marks have fallen away.
_NAMED_EXTENSION = re.compile(
    rf"(\+?\d+)(?:转|轉|分机|分機|内线|内線|extension|ext|x|#|\*)+号?=?(\d{{1,{_LONGEST_EXTENSION}}})号?", re.ASCII
)
# The last group of a number that is written in groups.
_LAST_GROUP = re.compile(rf"(.*\d)[^\d+]+(\d{{1,{_LONGEST_EXTENSION}}})", re.ASCII | re.DOTALL)
# Codes that people across the border write without a plus; no area of the mainland begins with them.
NEIGHBOURS = ("852", "853", "886")
HOME_CODE = f"+{phonenumbers.country_code_for_region(HOME_REGION)}"
TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def _pattern_of_mobiles() -> re.Pattern[str]:
    """Return the library's own pattern of a mobile from here: most numbers are one, and need no other question."""
    home: Any = PhoneMetadata.metadata_for_region(HOME_REGION)
    return re.compile(home.mobile.national_number_pattern)


MOBILE = _pattern_of_mobiles()


def normalise_phone(text: str, field: str = "phone") -> str:
    """Return the E.164 form of a number as a person wrote it, with its extension.

    Takes mobiles, land lines with area code (0755), Hong Kong (852) and other international numbers with "+" or "00";
    full-width digits, Chinese punctuation and spaces fall away. An extension follows its name (转 801, ext. 801), or a
    land line as its last group (0755-25551234-801). Raises InvalidPhone naming `field` and the remedy. A number of
    eight digits is refused, because next to the border it may be Shenzhen or Hong Kong.
    """
    written, extension = _parts_of(text, field)
    if MOBILE.fullmatch(written):
        return _kept(HOME_CODE + written, extension)
    number = _found(written)
    if number is None and not extension:
        number, extension = _with_last_group(text)
    if number is None:
        raise InvalidPhone(field, _why_not(written))
    return _kept(phonenumbers.format_number(number, PhoneNumberFormat.E164), extension)


def line_of(phone: str) -> str:
    """Return a kept number without its extension."""
    return phone.partition(EXTENSION)[0]


def _kept(line: str, extension: str) -> str:
    return f"{line}{EXTENSION}{extension}" if extension else line


def can_text(phone: str) -> bool:
    """Whether a text message can reach this number; none reaches an extension."""
    if EXTENSION in phone:
        return False
    if phone.startswith(HOME_CODE) and MOBILE.fullmatch(phone, len(HOME_CODE)):
        return True
    return phonenumbers.number_type(_parsed(phone)) in TEXTABLE


def is_land_line(phone: str) -> bool:
    """Whether a kept number is certainly none of a mobile."""
    return EXTENSION in phone or phonenumbers.number_type(_parsed(phone)) == PhoneNumberType.FIXED_LINE


def country_code(phone: str) -> str:
    """Return the code of the country or region of a kept number: +86."""
    if phone.startswith(HOME_CODE):
        return HOME_CODE  # no other code begins with it
    return f"+{_parsed(line_of(phone)).country_code}"


def display_phone(phone: str) -> str:
    """Return a kept number as people here write it: 138 1234 5678, 0755 2555 1234 转 801, +852 2123 4567."""
    line, _sign, extension = phone.partition(EXTENSION)
    number = _parsed(line)
    home = number.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    shape = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    shown = phonenumbers.format_number(number, shape)
    return gettext("%(line)s 转 %(extension)s") % {"line": shown, "extension": extension} if extension else shown


def tail_of(text: str, field: str = "tail") -> str:
    """Return the last four digits a person typed to find a case again; raises InvalidPhone for anything else."""
    digits, _extension = _parts_of(text, field)
    if len(digits) != TAIL or not digits.isdigit():
        raise InvalidPhone(field, _("请写手机号的最后 4 位数字。"))
    return digits


def _parts_of(text: str, field: str) -> tuple[str, str]:
    """Fold full-width signs, drop separators, part the extension off; refuse words and empty text."""
    written = _folded(text).translate(SEPARATORS)
    if not written:
        raise InvalidPhone(field, _("还没写电话号码。"))
    named = _NAMED_EXTENSION.fullmatch(written)
    line, extension = (named[1], named[2]) if named else (written, "")
    digits = line.removeprefix("+")
    if len(text) > LONGEST or len(digits) > MOST_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise InvalidPhone(field, _("电话号码只写数字，一次写一个号码。"))
    return line, extension


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text[: LONGEST + 1]).lower()


def _found(written: str) -> PhoneNumber | None:
    """Return the number that is meant, None where there is no such number."""
    if len(written) == LOCAL_DIGITS and not written.startswith(("0", "+")):
        return None
    if written.startswith(NEIGHBOURS) and (neighbour := _valid("+" + written)):
        return neighbour
    return _valid("+" + written[2:] if written.startswith("00") else written)


def _valid(written: str) -> PhoneNumber | None:
    try:
        number = phonenumbers.parse(written, HOME_REGION)
    except NumberParseException:
        return None
    return number if phonenumbers.is_valid_number(number) else None


def _with_last_group(text: str) -> tuple[PhoneNumber | None, str]:
    """Return a land line and its extension where the last group of what was written is one."""
    grouped = _LAST_GROUP.fullmatch(_folded(text).strip())
    number = _found(grouped[1].translate(SEPARATORS)) if grouped else None
    if grouped is None or number is None or phonenumbers.number_type(number) == PhoneNumberType.MOBILE:
        return None, ""
    return number, grouped[2]


def _why_not(written: str) -> str | Promise:
    """Word the refusal of a number that does not exist, from its length where that explains it."""
    if len(written) == LOCAL_DIGITS and not written.startswith(("0", "+", "1")):
        return _("座机请加区号：深圳写 0755，香港写 +852。")
    try:
        number = phonenumbers.parse("+" + written[2:] if written.startswith("00") else written, HOME_REGION)
    except NumberParseException:
        return _("没有认出这个电话号码。请写手机号，或带区号的座机，例如 0755 2555 1234。")
    home = number.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    digits = written.removeprefix("+").removeprefix("86")
    if home and digits.startswith("1") and len(digits) != MOBILE_DIGITS and len(digits) > SHORT_DIGITS:
        return format_lazy(_("手机号是 11 位，这里写了 {count} 位。请核对。"), count=len(digits))
    return _("没有这个电话号码。请核对，座机要带区号，例如 0755 2555 1234。")


@lru_cache(maxsize=1024)
def _parsed(phone: str) -> PhoneNumber:
    return phonenumbers.parse(phone, None)
