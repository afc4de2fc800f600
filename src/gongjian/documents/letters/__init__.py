"""Letters as PDF/A, set by typst from the templates in this folder."""

import json
import logging
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from gongjian.documents import engine
from gongjian.text import clean

logger = logging.getLogger(__name__)

FOLDER = Path(__file__).parent


class LetterFailed(Exception):
    """The letter could not be set; says what typst has to complain about."""


def letter_pdf(template: str, data: Mapping[str, Any]) -> bytes:
    """Return a letter as PDF/A-2b.

    `template` is "reply", "receipt" or "workorder"; their files name the values they need.

    `created` is the moment of the letter; the same values give the same bytes. With `link` the letter carries a code
    to scan. Values are text, never markup. A sign the font has not is printed as 〓, as a compositor would, and one
    that nobody sees is left out: words kept before the rule of text may hold some. Takes a quarter of a second.
    Raises LetterFailed.
    """
    path = FOLDER / f"{template}.typ"
    if path.parent != FOLDER or not path.is_file():
        raise LetterFailed(f"no template {template}")
    try:
        return engine.run("typeset", [str(path)], json.dumps(_plain(data), ensure_ascii=False).encode())
    except engine.EngineFailed as error:
        logger.exception("letter %s", template)
        raise LetterFailed(str(error)) from error


def _plain(value: Any) -> Any:
    """Return values as JSON has them, their words by the rule of text."""
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, int | float) else clean(str(value))
