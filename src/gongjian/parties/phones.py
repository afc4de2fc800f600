"""Telephone numbers as people write them, and as programs compare them.

Numbers are kept as E.164 text: +8613812345678, +8675525551234, +85221234567.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Any

import phonenumbers
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from phonenumbers import NumberParseException, PhoneMetadata, PhoneNumber, PhoneNumberFormat, PhoneNumberType

from gongjian.parties.refusals import InvalidPhone

__all__ = ["InvalidPhone", "can_text", "display_phone", "normalise_phone", "tail_of"]

HOME_REGION = "CN"
LONGEST = 40
MOST_DIGITS = 17  # "00" and the 15 of E.164
MOBILE_DIGITS = 11
LOCAL_DIGITS = 8
TAIL = 4
# Marks people put between the groups of a number; all of them fall away.
SEPARATORS = dict.fromkeys(
    map(ord, " \t\r\n-.()/,;:'\"[]{}_~·•、。，；：（）【】《》—–‐‑‒―−～•・\u3000\u00a0\u200b\ufeff")
)
EXTENSION_WORDS = ("转", "分机", "ext", "x", "#", "*")
HOME_CODE = f"+{phonenumbers.country_code_for_region(HOME_REGION)}"
TEXTABLE = frozenset({PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE})


def _pattern_of_mobiles() -> re.Pattern[str]:
    """Return the library's own pattern of a mobile from here: most numbers are one, and need no other question."""
    home: Any = PhoneMetadata.metadata_for_region(HOME_REGION)
    return re.compile(home.mobile.national_number_pattern)


MOBILE = _pattern_of_mobiles()


def normalise_phone(text: str, field: str = "phone") -> str:
    """Return the E.164 form of a number as a person wrote it.

    Takes mobiles, land lines with area code (0755), Hong Kong (+852) and other international numbers with "+" or
    "00"; full-width digits, Chinese punctuation and spaces fall away. Raises InvalidPhone naming `field` and the
    remedy. A number of eight digits is refused, because next to the border it may be Shenzhen or Hong Kong.
    """
    written = _digits_of(text, field)
    if MOBILE.fullmatch(written):
        return HOME_CODE + written
    if written.startswith("00"):
        written = "+" + written[2:]
    _refuse_guesses(written, field)
    try:
        number = phonenumbers.parse(written, HOME_REGION)
    except NumberParseException as error:
        raise InvalidPhone(
            field, _("没有认出这个电话号码。请写手机号，或带区号的座机，例如 0755 2555 1234。")
        ) from error
    if not phonenumbers.is_valid_number(number):
        raise InvalidPhone(field, _why_not(written, number))
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def can_text(phone: str) -> bool:
    """Whether a text message can reach this E.164 number."""
    if phone.startswith(HOME_CODE) and MOBILE.fullmatch(phone, len(HOME_CODE)):
        return True
    return phonenumbers.number_type(_parsed(phone)) in TEXTABLE


def display_phone(phone: str) -> str:
    """Return an E.164 number as people here write it: 138 1234 5678, 0755 2555 1234, +852 2123 4567."""
    number = _parsed(phone)
    home = number.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    shape = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, shape)


def tail_of(text: str, field: str = "tail") -> str:
    """Return the last four digits a person typed to find a case again; raises InvalidPhone for anything else."""
    digits = _digits_of(text, field)
    if len(digits) != TAIL or not digits.isdigit():
        raise InvalidPhone(field, _("请写手机号的最后 4 位数字。"))
    return digits


def _digits_of(text: str, field: str) -> str:
    """Fold full-width signs and drop separators; refuse words, extensions and empty text."""
    written = unicodedata.normalize("NFKC", text[: LONGEST + 1]).translate(SEPARATORS).lower()
    if not written:
        raise InvalidPhone(field, _("还没写电话号码。"))
    digits = written.removeprefix("+")
    if any(word in digits for word in EXTENSION_WORDS):
        raise InvalidPhone(field, _("这里只写总机号码，分机号请写在说明里。"))
    if len(text) > LONGEST or len(digits) > MOST_DIGITS or not (digits.isascii() and digits.isdigit()):
        raise InvalidPhone(field, _("电话号码只写数字，一次写一个号码。"))
    return written


def _refuse_guesses(written: str, field: str) -> None:
    if len(written) == LOCAL_DIGITS and not written.startswith(("0", "+")):
        raise InvalidPhone(field, _("座机请加区号：深圳写 0755，香港写 +852。"))


def _why_not(written: str, number: PhoneNumber) -> str | Promise:
    """Word the refusal of a number that does not exist, from its length where that explains it."""
    home = number.country_code == phonenumbers.country_code_for_region(HOME_REGION)
    digits = written.removeprefix("+").removeprefix("86")
    if home and digits.startswith("1") and len(digits) != MOBILE_DIGITS and len(digits) > LOCAL_DIGITS:
        return format_lazy(_("手机号是 11 位数字，这里有 {count} 位。请核对。"), count=len(digits))
    return _("没有这个电话号码。请核对，座机要带区号，例如 0755 2555 1234。")


@lru_cache(maxsize=1024)
def _parsed(phone: str) -> PhoneNumber:
    return phonenumbers.parse(phone, None)
