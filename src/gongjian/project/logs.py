"""Log lines without personal data: for people on the error stream, for programs as one JSON object a line in a file.

What an error of the database quotes of a row is left out; phone, identity-card and bank-card numbers become ***.
"""

import json
import logging
import re
from datetime import UTC, datetime
from typing import Final

from gongjian.sealing.masking import scrub

# "DETAIL:  Failing row contains (17, 刘小明, ...)" and "CONTEXT:  COPY ..., line 3: ..." quote what stands in a row.
QUOTES: Final = re.compile(r"^(\s*(?:\|\s)*)(DETAIL|CONTEXT|LINE \d+|QUERY):.*$", re.MULTILINE)
LONGEST: Final = 20_000
FACTS: Final = ("status_code", "reference")


def clean(text: str) -> str:
    """Return a text without what an error quotes of a row, and without personal numbers."""
    return scrub(QUOTES.sub(r"\1\2: ***", text)[:LONGEST])


class PlainFormatter(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, traceback included."""
        return clean(super().format(record))


class LinesFormatter(logging.Formatter):
    """A line for programs."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one JSON object."""
        facts: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "process": record.process,
            "message": clean(record.getMessage()),
        }
        facts |= {name: value for name in FACTS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            facts["error"] = record.exc_info[0].__name__ if record.exc_info[0] else ""
            facts["traceback"] = clean(self.formatException(record.exc_info))
        return json.dumps(facts, ensure_ascii=False)
