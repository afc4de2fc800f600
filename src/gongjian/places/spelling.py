"""Pinyin and initials of names, for those who look them up with a Latin keyboard."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from pypinyin import lazy_pinyin

from gongjian.places.rules import fold


class Spelled(NamedTuple):
    """A name as it is typed: yonganbeiyijie, yabyj."""

    pinyin: str
    initials: str


def spell(name: str, readings: Mapping[str, str]) -> Spelled:
    """Return the pinyin and initials of a name without tones, ü as v; digits and Latin letters stay whole in both.

    `readings` maps words to their syllables where the dictionary is wrong ("葵涌": "kui chong").
    """
    parts = list(_parts(name, readings))
    pinyin = "".join(part for part, _ in parts)
    initials = "".join(part[:1] if is_syllable else part for part, is_syllable in parts)
    return Spelled(fold(pinyin), fold(initials))


def _parts(name: str, readings: Mapping[str, str]) -> Iterator[tuple[str, bool]]:
    """Give each piece of the name in Latin, and whether it is the syllable of one Chinese sign."""
    words = "|".join(re.escape(word) for word in sorted(readings, key=len, reverse=True))
    for part in re.split(f"({words})", name) if words else [name]:
        if part in readings:
            yield from ((syllable, True) for syllable in readings[part].split())
            continue
        for run in re.findall(r"[\u3400-\u9fff]+|[^\u3400-\u9fff]+", part):
            yield from _read(run)


@lru_cache(maxsize=2_000)
def _read(run: str) -> tuple[tuple[str, bool], ...]:
    """Read a run of Chinese signs, or hand back a run of others; remembered, as roads and 号 come again and again."""
    if run[0] < "\u3400":
        return ((run, False),)
    return tuple((syllable, True) for syllable in lazy_pinyin(run))
