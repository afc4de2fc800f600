"""The search vector of a case: character bigrams with positions, and lexemes of the facts desks filter by.

Index side and query side are made here, by the same folding, so that a phrase of any length from one character on
finds exactly the texts that contain it. Punctuation is dropped on both sides: a phrase matches across a comma.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from gongjian.casework.kinds import CaseKind
from gongjian.sealing.masking import scrub

_GAPS = re.compile(r"[\W_]+")
_USUAL = "，。、？！："
# tsvector positions end at 16,383; a text this long is found by its beginning.
LONGEST = 8_000
MOST_PLACES = 200  # of one gram
# Before the name of a domain: one lexeme for all its states that are open, one for those that are not.
OPEN, ENDED = "o", "e"
_PLACES = tuple(f":{place} " for place in range(6 * LONGEST))


def fold(text: str) -> str:
    """Return the text as it is compared: full-width folded, lower case, without punctuation or spaces."""
    for sign in _USUAL:  # without them most texts are in the normal form already, which is quickly seen
        text = text.replace(sign, "")
    return _GAPS.sub("", unicodedata.normalize("NFKC", text).lower())[:LONGEST]


def facts(*, kind: CaseKind, state: str, unit: int | None, topic: int | None, shares: Iterable[int] = ()) -> list[str]:
    """Return the lexemes of what desks filter by; they hold a colon, which no folded text does."""
    found = [f"s:{state}", f"k:{kind.key}", f"{OPEN if kind.state_of[state].open else ENDED}:{kind.domain}"]
    if topic is not None:
        found.append(f"t:{topic}")
    if unit is not None:
        found.append(f"u:{unit}")
    return [*found, *(f"h:{share}" for share in shares)]


def cleaned(text: str) -> str:
    """Return a text as it enters the index: folded, phone and identity numbers taken out."""
    return fold(scrub(text))


def vector(texts: Sequence[str], lexemes: Sequence[str]) -> str:
    """Return the literal of a tsvector; phone and identity numbers are taken out first."""
    return literal([cleaned(text) for text in texts], lexemes)


def literal(texts: Sequence[str], lexemes: Sequence[str]) -> str:
    """Return the literal of a tsvector of texts that are cleaned already."""
    parts: list[str] = []
    position = 1
    for text in texts:
        # A gram that comes again stands here again: PostgreSQL puts its places together.
        grams = [""] * (3 * len(text))
        grams[0::3], grams[1::3] = text, [*text[1:], ""][: len(text)]
        grams[2::3] = _PLACES[position : position + len(text)]
        parts += grams
        position += len(text) + 1
    words = "".join(parts)
    if position > MOST_PLACES:
        words = _first_places(words)
    return words + " ".join([f"'{lexeme}'" for lexeme in lexemes])


def _first_places(words: str) -> str:
    """Keep so many places of each gram: a tsvector holds 255 at most."""
    seen = Counter[str]()
    kept = []
    for word in words.split():
        gram = word.partition(":")[0]
        seen[gram] += 1
        if seen[gram] <= MOST_PLACES:
            kept.append(word)
    return "".join(f"{word} " for word in kept)


def query(text: str, *, any_of: Sequence[Sequence[str]] = ()) -> str:
    """Return the literal of a tsquery: the words of `text` as phrases, and one lexeme of each group.

    Words are parted by white space and must all occur. Empty where nothing can be found: words without a letter or a
    digit narrow nothing, and must not be taken for no words at all.
    """
    parts = [phrase for phrase in (_phrase(fold(word)) for word in text.split()) if phrase]
    if text and not parts:
        return ""
    parts += ["(" + "|".join(f"'{lexeme}'" for lexeme in group) + ")" for group in any_of if group]
    return " & ".join(parts)


def _phrase(folded: str) -> str:
    if not folded:
        return ""
    if len(folded) == 1:
        return f"'{folded}':*"
    return "(" + " <-> ".join(f"'{folded[i : i + 2]}'" for i in range(len(folded) - 1)) + ")"
