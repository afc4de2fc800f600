"""Compare the words in code and templates with the catalogues. Needs babel, a tool of development only."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polib
from babel.messages.extract import extract
from django.utils.translation.template import templatize

from gongjian.project.messages import CATALOGUE, PACKAGE

KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
PLACEHOLDER = re.compile(r"%\((\w+)\)|(?<!\{)\{(\w+)[^{}]*\}(?!\})")
HEADER = {
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "en",
    "Plural-Forms": "nplurals=2; plural=(n != 1);",
}


@dataclass(frozen=True, order=True)
class Words:
    """One translatable text: context, singular, plural."""

    context: str
    singular: str
    plural: str = ""


@dataclass(frozen=True)
class Finding:
    """What is wrong with one text of one room."""

    room: Path
    problem: str
    words: Words

    def __str__(self) -> str:
        return f"{self.room.relative_to(PACKAGE)}: {self.problem}: {self.words.singular!r}"


def rooms() -> list[Path]:
    """Return the folder of every app."""
    return sorted(path.parent for path in PACKAGE.glob("**/apps.py"))


def _sources(room: Path) -> Iterator[Path]:
    others = [other for other in rooms() if other != room and room in other.parents]
    for path in sorted(room.rglob("*")):
        inside = path.relative_to(room).parts
        if path.suffix not in {".py", ".html", ".txt"} or {"tests", "migrations", "static"} & set(inside):
            continue
        if not any(other in path.parents for other in others):
            yield path


def words_of(room: Path) -> dict[Words, str]:
    """Return the texts of one room, each with the file where it first stands."""
    found: dict[Words, str] = {}
    for path in _sources(room):
        source = path.read_text()
        if path.suffix != ".py":
            # Babel reads the result as Python, which minds indentation.
            source = "\n".join(line.lstrip() for line in templatize(source).splitlines())
        for _line, message, _comments, context in extract("python", io.BytesIO(source.encode()), keywords=KEYWORDS):
            forms = message if isinstance(message, tuple) else (message,)
            words = Words(context or "", *[form for form in forms if form][:2])
            if words.singular:
                found.setdefault(words, str(path.relative_to(PACKAGE)))
    return found


def _key(entry: polib.POEntry) -> Words:
    return Words(entry.msgctxt or "", entry.msgid, entry.msgid_plural or "")


def _texts(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def _placeholders(text: str) -> set[str]:
    return {a or b for a, b in PLACEHOLDER.findall(text)}


def _wrong(entry: polib.POEntry | None) -> str:
    if entry is None:
        return "missing"
    texts = _texts(entry)
    if not texts or not all(texts) or entry.fuzzy:
        return "has no text"
    known = _placeholders(entry.msgid) | _placeholders(entry.msgid_plural or "")
    if not set().union(*map(_placeholders, texts)) <= known:
        return "names a placeholder that the source does not have"
    return ""


def _entries(room: Path) -> dict[Words, polib.POEntry]:
    path = room / CATALOGUE
    return {_key(entry): entry for entry in polib.pofile(str(path))} if path.exists() else {}


def check_room(room: Path) -> list[Finding]:
    """Return what is missing or wrong in one room's catalogue."""
    words, entries = words_of(room), _entries(room)
    judged = ((word, _wrong(entries.get(word))) for word in sorted(words))
    return [Finding(room, problem, word) for word, problem in judged if problem]


def conflicts() -> list[str]:
    """Return texts with two different translations; Django merges the rooms and one of them would win silently."""
    first: dict[Words, tuple[Path, list[str]]] = {}
    clashes = []
    for room in rooms():
        path = room / CATALOGUE
        for entry in polib.pofile(str(path)) if path.exists() else []:
            if entry.obsolete:
                continue
            other, texts = first.setdefault(_key(entry), (room, _texts(entry)))
            if texts != _texts(entry):
                places = f"{other.relative_to(PACKAGE)} and {room.relative_to(PACKAGE)}"
                clashes.append(f"{places}: {entry.msgid!r} is {texts!r} and {_texts(entry)!r}")
    return clashes


def check() -> list[str]:
    """Return one line for each fault in the catalogues."""
    return [str(finding) for room in rooms() for finding in check_room(room)] + conflicts()


def write_missing() -> int:
    """Add an empty entry for every text that has none; return how many were added."""
    added = 0
    for room in rooms():
        kept = _entries(room)
        missing = {word: where for word, where in words_of(room).items() if word not in kept}
        if missing:
            _append(room / CATALOGUE, missing)
            added += len(missing)
    return added


def _append(path: Path, missing: dict[Words, str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    catalogue = polib.pofile(str(path), wrapwidth=110) if path.exists() else polib.POFile(wrapwidth=110)
    catalogue.metadata = {**HEADER, **catalogue.metadata}
    for word, where in sorted(missing.items()):
        entry = polib.POEntry(msgid=word.singular, occurrences=[(where, "")])
        if word.context:
            entry.msgctxt = word.context
        if word.plural:
            entry.msgid_plural = word.plural
            entry.msgstr_plural = {0: "", 1: ""}
        catalogue.append(entry)
    catalogue.save(str(path))
