"""Codes that people read aloud, copy from paper and type."""

import re
import secrets
from typing import Final

from gongjian.text import as_code

# Without 0 O 1 I L, which are taken for one another; 31 signs, 13 of them make 64 bits.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
# How a code is written and read aloud, by its length; those of ten signs are from before.
GROUPS: Final = {13: (4, 4, 5), 10: (5, 5)}
RECEIPT: Final = 13

_SIGN = f"[{ALPHABET}]"
_GAP = r"[\s-]{0,3}"
_GAPS = re.compile(r"[\s-]")
_END = r"(?![A-Z0-9])"
_WRITTEN = "|".join(_GAP.join(f"{_SIGN}{{{n}}}" for n in groups) for groups in GROUPS.values())
_LOOSE = "|".join(f"{_SIGN}(?:{_GAP}{_SIGN}){{{length - 1}}}" for length in GROUPS)
_NAME = re.compile(r"(?:查询码|RECEIPT CODE|RECEIPT|CODE)[\W_]*(?:(?:IS\b|是|为)[\W_]*)?")
_WHOLE = re.compile(rf"({_LOOSE})[\W_]*")
_BEHIND_NAME = re.compile(rf"({_WRITTEN}|{_LOOSE}){_END}")
_ALONE = re.compile(rf"(?<![A-Z0-9])({_WRITTEN}){_END}")

# What is said for each sign, in Chinese and in English: a place for a letter, as people spell names on the telephone.
# Digits are read as digits, 2 as 两, which is taken for no other; the words of the letters in English are the ICAO's.
SPELLING: Final = {
    "2": ("两", "two"), "3": ("三", "three"), "4": ("四", "four"), "5": ("五", "five"), "6": ("六", "six"),
    "7": ("七", "seven"), "8": ("八", "eight"), "9": ("九", "nine"),
    "A": ("安徽", "Alfa"), "B": ("北京", "Bravo"), "C": ("长沙", "Charlie"), "D": ("大连", "Delta"),
    "E": ("峨眉", "Echo"), "F": ("福州", "Foxtrot"), "G": ("广州", "Golf"), "H": ("杭州", "Hotel"),
    "J": ("济南", "Juliett"), "K": ("昆明", "Kilo"), "M": ("茂名", "Mike"), "N": ("南京", "November"),
    "P": ("平潭", "Papa"), "Q": ("青岛", "Quebec"), "R": ("日照", "Romeo"), "S": ("上海", "Sierra"),
    "T": ("天津", "Tango"), "U": ("优盘", "Uniform"), "V": ("维生素", "Victor"), "W": ("武汉", "Whiskey"),
    "X": ("西安", "X-ray"), "Y": ("烟台", "Yankee"), "Z": ("郑州", "Zulu"),
}  # fmt: skip


def receipt_code() -> str:
    """Return a new receipt code of 13 signs; it must be unguessable, its uniqueness is the column's business."""
    return "".join(secrets.choice(ALPHABET) for _ in range(RECEIPT))


def groups_of(code: str) -> list[str]:
    """Return a code in the groups it is written and read in: 4-4-5, an older one 5-5."""
    parts, place = [], 0
    for size in GROUPS.get(len(code), (len(code),)):
        parts.append(code[place : place + size])
        place += size
    return parts


def written(code: str) -> str:
    """Return a code as people see it: K7MN 4PQR 2XYZW."""
    return " ".join(groups_of(code))


def spelled(code: str, language: str) -> list[list[tuple[str, str]]]:
    """Return group by group each sign with the word that is said for it, in Chinese or in English."""
    place = 0 if language.startswith("zh") else 1
    return [[(sign, SPELLING[sign][place]) for sign in group] for group in groups_of(code)]


def read_receipt_code(text: str) -> str | None:
    """Return the code somebody typed or pasted; None if there is none.

    Small letters, full width, blanks and dashes of all kinds are accepted, its name before it and words around it too.
    Among words without that name only a code with a digit is told from a word.
    """
    folded = as_code(text)
    behind = [folded[name.end() :] for name in _NAME.finditer(folded)]
    wholes = (_WHOLE.fullmatch(words.strip()) for words in [folded, *behind])
    for found in [*wholes, *map(_BEHIND_NAME.match, behind)]:
        if found:
            return _GAPS.sub("", found[1])
    alone = {_GAPS.sub("", one) for one in _ALONE.findall(folded)}
    likely = [one for one in alone if not one.isalpha()]
    return likely[0] if len(likely) == 1 else None
