"""The search vector of a case: character bigrams with positions, and lexemes of the facts desks filter by.

Index side and query side are made here, by the same folding, so that a phrase of any length from one character on
finds exactly the texts that contain it. Punctuation is dropped on both sides: a phrase matches across a comma.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gongjian.sealing.masking import scrub

_GAPS = re.compile(r"[\W_]+")
# tsvector positions end at 16,383; a text this long is found by its beginning.
LONGEST = 8_000


def fold(text: str) -> str:
    """Return the text as it is compared: full-width folded, lower case, without punctuation or spaces."""
    return _GAPS.sub("", unicodedata.normalize("NFKC", text).lower())[:LONGEST]


def facts(*, unit: int | None, state: str, topic: int | None, kind: str, shares: Iterable[int] = ()) -> list[str]:
    """Return the lexemes of what desks filter by; they hold a colon, which no folded text does."""
    found = [f"s:{state}", f"k:{kind}"]
    if topic is not None:
        found.append(f"t:{topic}")
    if unit is not None:
        found.append(f"u:{unit}")
    return [*found, *(f"h:{share}" for share in shares)]


def vector(texts: Sequence[str], lexemes: Sequence[str]) -> str:
    """Return the literal of a tsvector; phone and identity numbers are taken out first."""
    places: dict[str, list[int]] = {}
    position = 1
    for text in texts:
        folded = fold(scrub(text))
        for i in range(len(folded)):
            places.setdefault(folded[i : i + 2], []).append(position + i)
        position += len(folded) + 1
    words = [f"'{gram}':{','.join(map(str, at[:200]))}" for gram, at in places.items()]
    return " ".join([*words, *(f"'{lexeme}'" for lexeme in lexemes)])


def query(text: str, *, any_of: Sequence[Sequence[str]] = ()) -> str:
    """Return the literal of a tsquery: the words of `text` as phrases, and one lexeme of each group.

    Words are parted by white space and must all occur. Empty when there is nothing to search for.
    """
    parts = [phrase for phrase in (_phrase(fold(word)) for word in text.split()) if phrase]
    parts += ["(" + "|".join(f"'{lexeme}'" for lexeme in group) + ")" for group in any_of if group]
    return " & ".join(parts)


def _phrase(folded: str) -> str:
    if not folded:
        return ""
    if len(folded) == 1:
        return f"'{folded}':*"
    return "(" + " <-> ".join(f"'{folded[i : i + 2]}'" for i in range(len(folded) - 1)) + ")"
