"""What residents and units say, put together from sentences by subject, place and time."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from gongjian.workdays.rules import local_day

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
    say: tuple[tuple[str, str, str], ...]  # what happened, what is told of it, what the unit did
    idea: tuple[str, ...]
    ask: tuple[str, ...]
    tell: tuple[str, ...]
    source: str
    urgent: tuple[Emergency, ...]
    en: Mapping[str, str]


class Said(NamedTuple):
    """The resident's words, and what an answer needs of them."""

    title: str
    description: str
    what: str
    done: str = ""  # by the unit
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
    lists = {name: tuple(facts.get(name, ())) for name in ("spots", "idea", "ask", "tell")}
    return Subject(
        code=code,
        weight=facts["weight"],
        kinds=facts["kinds"],
        site=facts.get("site", True),
        placed=facts.get("place", True),
        mood=facts.get("mood", "place" if facts.get("site", True) else "affair"),
        say=tuple((what, told, done) for what, told, done in facts["say"]),
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

    def pick(self, name: str, language: str = "zh-hans", mood: str = "") -> str:
        """Return one of the sentences of this name, one for the mood where there are such."""
        if language == ENGLISH and name in self._en:
            return self.one(self._en[name])
        return self.one(self._zh.get(f"{name}_{mood}") or self._zh[name])

    def one(self, texts: tuple[str, ...]) -> str:
        """Return one of these texts."""
        return texts[int(self._random() * len(texts))]

    def said(self, subject: Subject, kind: str, place: str) -> Said:
        """Return what somebody says in Chinese, of one kind, about a place."""
        if kind == "enquiry":
            return self._asked(subject)
        if kind == "suggestion":
            return self._suggested(subject, place)
        what, told, done = subject.say[int(self._random() * len(subject.say))]
        mood = subject.mood
        more = f"{self.pick('effect', mood=mood)}{self.pick(f'wish_{kind[0]}', mood=mood)}"
        return Said(f"{place}{what}", f"{place}{what}，{self.pick('since', mood=mood)}。{told}{more}", what, done)

    def _suggested(self, subject: Subject, place: str) -> Said:
        idea = self.one(subject.idea)
        wish = f"建议在{place}{idea}" if place and not idea.startswith("在") else f"建议{idea}"
        n = int(self._random() * len(self._zh["why_s"]))
        return Said(wish, f"{wish}。{self._zh['why_s'][n]}{self._zh['why_s'][n - 1]}", wish)

    def _asked(self, subject: Subject) -> Said:
        n = int(self._random() * len(subject.ask))
        question = f"{subject.ask[n]}？"
        text = f"{self.pick('about_e')}{question}{self.pick('thanks_e')}"
        return Said(question, text, question, answer=subject.tell[n], source=subject.source)

    def said_in_english(self, subject: Subject, kind: str, place: str) -> Said:
        """Return what somebody says in English; there are no suggestions in English."""
        words = subject.en
        if kind == "enquiry":
            text = f"{self.pick('hello', ENGLISH)} {words['ask']}"
            return Said(words["ask"], text, words["ask"], answer=words["tell"], source=subject.source)
        where = f"{words['what']}, {place}" if place else words["what"]
        more = f"{words['fact']} {self.pick('effect', ENGLISH)} {self.pick('wish', ENGLISH)}"
        return Said(where[:80], f"{where}, {self.pick('since', ENGLISH)}. {more}", words["what"], words["done"])

    def emergency(self, subject: Subject, language: str, place: str) -> Said:
        """Return the words of an emergency."""
        urgent = subject.urgent[int(self._random() * len(subject.urgent))]
        rescued = self.pick("rescued", language)
        if language == ENGLISH:
            return Said(urgent.en[:80], f"{urgent.en}, {place}.", urgent.en, rescued, service=urgent.service)
        text = f"{place}，{urgent.zh}。{self.pick('effect', mood='once')}"
        return Said(f"{place}{urgent.zh}"[:40], text, urgent.zh, rescued, service=urgent.service)

    def reply(self, subject: Subject, said: Said, place: str, language: str, looked: datetime) -> str:
        """Return a unit's answer: greeting, what was found on which day, what is done, where to turn."""
        hello, closing = self.pick("hello", language), self.pick("closing", language, subject.mood)
        if language == ENGLISH:
            seen = self.pick("looked" if subject.site else "checked", ENGLISH)
            return f"{hello} {said.answer or f'{seen} {said.done} {closing}'}"
        if said.answer:
            return f"{hello}{said.answer}"
        if not said.done:  # a suggestion
            return f"{hello}您{said.what}。{self.pick('verdict')}{self.pick('closing', mood='idea')}"
        day = local_day(looked)
        seen = f"我们{day.month}月{day.day}日{'到现场看过' if subject.site else '核实过'}。"
        return f"{hello}您说的{place}{said.what}，{seen}{said.done}{closing}"
