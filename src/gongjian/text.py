"""The one rule of text: how words are written, which signs may stand in them, and when they say nothing.

Every door hands what it was given to this module before it counts, compares or keeps it. A door for people drops what
they cannot see (`clean`); a door for programs and files refuses it by name, so that its author learns of it
(`checked`). Both write a line's end as one sign and composed signs composed (Unicode's form C).

Source: Unicode 17, chapters 23.1, 23.2, 23.7 (controls, noncharacters), UAX 9 (bidirectional overrides), UAX 15,
DerivedCoreProperties (Default_Ignorable_Code_Point); WHATWG HTML, 2.3.1 (the value of a field has LF alone).
"""

import argparse
import re
import unicodedata
from typing import Final

__all__ = ["Unfit", "argument", "as_code", "checked", "clean", "is_blank", "says_something"]

_NONCHARACTERS: Final = "\ufdd0-\ufdef" + "".join(
    f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17)
)
# No column, page or letter has a use for these: controls, halves of a pair, signs that turn the order of others.
_UNFIT: Final = re.compile(
    rf"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069{_NONCHARACTERS}]"
)
# What ends a line in some program beside CR and LF; some of them are controls and refused where controls are.
_LINE_END: Final = re.compile("[\x0b\x0c\x85\u2028\u2029]")
# Fillers that count as letters, and a blank of Braille; tags and what is set aside beside them.
_UNSEEN: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
_TAGS: Final = range(0xE0000, 0xE1000)
_UNSEEN_CLASSES: Final = frozenset("CMZ")  # controls and joiners, marks without a letter, blanks
_VISIBLE: Final = frozenset({"Cn", "Co"})  # signs newer than our tables, and a font's own ones
# What people take for a hyphen beside Unicode's own dashes: a minus, a bullet, the long sound of Japanese, a low line.
_LIKE_DASHES: Final = frozenset("−⁃ー_")


class Unfit(ValueError):
    """A text holds a sign that may not stand in it: the which, counted from 1, and its code."""

    def __init__(self, place: int, sign: str) -> None:
        super().__init__(place, sign)
        self.place, self.code = place, f"U+{ord(sign):04X}"


def clean(text: str) -> str:
    """Return what a person wrote without the signs nobody sees; empty where nothing is left to see."""
    text = _with_one_line_end(text)
    return _composed(text if _ordinary(text) else _UNFIT.sub("", _LINE_END.sub("\n", text)))


def checked(text: str) -> str:
    """Return what a program wrote, empty where there is nothing to see. Raises `Unfit` where `clean` would drop."""
    text = _with_one_line_end(text)
    if _ordinary(text):
        return _composed(text)
    found = _UNFIT.search(text)
    if found:
        raise Unfit(found.start() + 1, found[0])
    return _composed(_LINE_END.sub("\n", text))


def _with_one_line_end(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _ordinary(text: str) -> bool:
    """Whether there is nothing to change or to refuse: seen at once, and true of most texts."""
    return text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()


def _composed(text: str) -> str:
    written = text if text.isascii() else unicodedata.normalize("NFC", text)
    return "" if is_blank(written) else written


def argument(text: str) -> str:
    """Return a word of a command line as `checked` does: the `type` of an argument that becomes data."""
    try:
        return checked(text)
    except Unfit as unfit:
        raise argparse.ArgumentTypeError(
            f"第 {unfit.place} 个字是看不见的控制符 {unfit.code}。 "
            f"Sign {unfit.place} is a control sign nobody sees, {unfit.code}."
        ) from unfit


def is_blank(text: str) -> bool:
    """Whether there is nothing to see: blanks, joiners, soft hyphens, marks without a letter to stand on."""
    return not any(map(_seen, text))


def says_something(text: str) -> bool:
    """Whether there is a letter or a digit to search for."""
    return any(sign.isalnum() for sign in unicodedata.normalize("NFKC", text))


def as_code(text: str) -> str:
    """Return a text as numbers and codes are read in it: capitals of half width, one kind of dash, no joiners."""
    return "".join(map(_of_code, unicodedata.normalize("NFKC", text))).upper()


def _of_code(sign: str) -> str:
    kind = unicodedata.category(sign)
    if kind == "Cf":
        return ""
    return "-" if kind == "Pd" or sign in _LIKE_DASHES else sign


def _seen(sign: str) -> bool:
    kind = unicodedata.category(sign)
    seen = kind[0] not in _UNSEEN_CLASSES or kind in _VISIBLE
    return seen and sign not in _UNSEEN and ord(sign) not in _TAGS
