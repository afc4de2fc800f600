"""What residents and units say, put together from sentences by subject, place and time."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final

from gongjian.workdays.rules import SHANGHAI

DATA: Final = Path(__file__).parent / "data"
KINDS: Final = {"c": "complaint", "h": "help", "e": "enquiry", "s": "suggestion"}
ENGLISH: Final = "en"


@dataclass(frozen=True, slots=True)
class Emergency:
    """Words that call for 110, 119 or 120."""

    zh: str
    en: str
    service: str


@dataclass(frozen=True, slots=True)
class Subject:
    """Everything that is said about one topic."""

    code: str
    weight: int
    kinds: str
    site: bool
    placed: bool
    mood: str
    spots: tuple[str, ...]
    what: tuple[str, ...]
    facts: tuple[str, ...]
    done: tuple[str, ...]
    idea: tuple[str, ...]
    ask: tuple[str, ...]
    tell: tuple[str, ...]
    source: str
    urgent: tuple[Emergency, ...]
    en: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """The resident's words, and what an answer needs of them."""

    title: str
    description: str
    what: str
    answer: str = ""  # to an enquiry
    source: str = ""
    service: str = ""  # that an emergency calls for


def subjects() -> dict[str, Subject]:
    """Return every subject by its topic's code."""
    found: dict[str, Subject] = {}
    for path in sorted(DATA.glob("stories-*.toml")):
        with path.open("rb") as file:
            found |= {code: _subject(code, facts) for code, facts in tomllib.load(file).items()}
    return found


def _subject(code: str, facts: dict[str, Any]) -> Subject:
    lists = {name: tuple(facts.get(name, ())) for name in ("spots", "what", "facts", "done", "idea", "ask", "tell")}
    return Subject(
        code=code,
        weight=facts["weight"],
        kinds=facts["kinds"],
        site=facts.get("site", True),
        placed=facts.get("place", True),
        mood=facts.get("mood", "place" if facts.get("site", True) else "affair"),
        source=facts.get("source", ""),
        urgent=tuple(Emergency(**words) for words in facts.get("urgent", ())),
        en=facts["en"],
        **lists,
    )


class Phrases:
    """Sentences for every subject; `pick` draws one, in the reporter's language where there is a choice."""

    def __init__(self, draw: Random) -> None:
        with (DATA / "phrases.toml").open("rb") as file:
            shipped = tomllib.load(file)
        self._random = draw.random
        self._en: dict[str, tuple[str, ...]] = {name: tuple(texts) for name, texts in shipped.pop("en").items()}
        self._zh: dict[str, tuple[str, ...]] = {name: tuple(texts) for name, texts in shipped.items()}

    def pick(self, name: str, language: str = "zh-hans") -> str:
        """Return one of the sentences of this name."""
        texts = self._en[name] if language == ENGLISH and name in self._en else self._zh[name]
        return texts[int(self._random() * len(texts))]

    def one(self, texts: tuple[str, ...]) -> str:
        """Return one of these texts."""
        return texts[int(self._random() * len(texts))]

    def said(self, subject: Subject, kind: str, place: str) -> Said:
        """Return what somebody says in Chinese, of one kind, about a place."""
        if kind == "enquiry":
            return self._asked(subject)
        if kind == "suggestion":
            idea = self.one(subject.idea)
            wish = f"建议{'在' if place else ''}{place}{idea}"
            return Said(wish, f"{wish}。{self.pick('why_s')}{self.one(subject.facts)}", wish)
        what = self.one(subject.what)
        told = f"{self._two(subject.facts)}{self.pick(f'effect_{subject.mood}')}{self.pick(f'wish_{kind[0]}')}"
        return Said(f"{place}{what}", f"{place}{what}，{self.pick(f'since_{subject.mood}')}。{told}", what)

    def _two(self, texts: tuple[str, ...]) -> str:
        """Return two texts that stand side by side, or the only one."""
        n = int(self._random() * len(texts))
        return texts[n] + texts[n - 1] if len(texts) > 1 else texts[n]

    def _asked(self, subject: Subject) -> Said:
        n = int(self._random() * len(subject.ask))
        question = f"{subject.ask[n]}？"
        text = f"{self.pick('about_e')}{question}{self.pick('thanks_e')}"
        return Said(question, text, question, subject.tell[n], subject.source)

    def said_in_english(self, subject: Subject, kind: str, place: str) -> Said:
        """Return what somebody says in English; a suggestion is told as a complaint."""
        words = subject.en
        if kind == "enquiry":
            text = f"{self.pick('hello', ENGLISH)} {words['ask'][0].lower()}{words['ask'][1:]}"
            return Said(words["ask"], text, words["ask"], words["tell"], subject.source)
        text = (
            f"{words['what']}, {place}, {self.pick('since', ENGLISH)}. {words['fact']} {self.pick('effect', ENGLISH)}"
            f" {self.pick('wish', ENGLISH)}"
        )
        return Said(f"{words['what']}, {place}"[:80], text, words["what"])

    def emergency(self, subject: Subject, language: str, place: str) -> Said:
        """Return the words of an emergency."""
        words = self._en_or_zh(subject, language)
        text = f"{words[0]}, {place}." if language == ENGLISH else f"{place}，{words[0]}。{self.pick('effect_once')}"
        title = words[0] if language == ENGLISH else f"{place}{words[0]}"
        return Said(title[:40], text, words[0], service=words[1])

    def _en_or_zh(self, subject: Subject, language: str) -> tuple[str, str]:
        urgent = subject.urgent[int(self._random() * len(subject.urgent))]
        return (urgent.en if language == ENGLISH else urgent.zh), urgent.service

    def reply(self, subject: Subject, said: Said, kind: str, place: str, language: str, looked: datetime) -> str:
        """Return a unit's answer: greeting, what was found on which day, what is done, where to turn."""
        if said.answer:
            return f"{self.pick('hello', language)}{' ' if language == ENGLISH else ''}{said.answer}"
        if language == ENGLISH:
            return " ".join(
                [
                    self.pick("hello", ENGLISH),
                    self.pick("reply", ENGLISH),
                    subject.en["done"],
                    self.pick("closing", ENGLISH),
                ]
            )
        if kind == "suggestion":
            return f"{self.pick('hello')}您{said.what}。{self.pick('verdict')}{self.pick('closing')}"
        day = looked.astimezone(SHANGHAI)
        seen = f"我们{day.month}月{day.day}日{'到现场看过' if subject.site else '核实过'}。"
        return f"{self.pick('hello')}您说的{place}{said.what}，{seen}{self.one(subject.done)}{self.pick('closing')}"
