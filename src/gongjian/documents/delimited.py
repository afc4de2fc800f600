"""Rows of comma-separated files, whichever program saved them."""

import csv
import gzip
import io
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from contextlib import suppress
from typing import IO, Final, cast

GZIP: Final = b"\x1f\x8b"
CHUNK: Final = 1 << 20
MOST_UNPACKED: Final = 1_000_000_000  # bytes; a million cases have some 300 MB
# Office programs on Chinese desks save csv as GB18030, others as UTF-8 with or without a mark, or as "Unicode text".
ENCODINGS: Final = ("utf-8-sig", "gb18030")
DELIMITERS: Final = ",;\t|"
QUOTE: Final = '"'


class Undecodable(ValueError):
    """Not text in an encoding we know, or not a whole file."""


def delimited_rows(file: IO[bytes]) -> Iterator[list[str]]:
    """Yield the records of a csv or csv.gz, empty ones included, in constant memory; raises Undecodable."""
    file.seek(0)
    packed = file.read(len(GZIP)) == GZIP
    file.seek(0)
    source = cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file
    try:
        encoding = _encoding(source)
        source.seek(0)
        text = io.TextIOWrapper(source, encoding=encoding, newline="")
        try:
            yield from csv.reader(text, delimiter=_delimiter(text))
        finally:
            with suppress(ValueError):  # whoever lent the file may have closed it already
                text.detach()
    except (gzip.BadGzipFile, EOFError, zlib.error, csv.Error, UnicodeError) as error:
        raise Undecodable(str(error)) from error


def _encoding(source: IO[bytes]) -> str:
    """Return the first encoding that reads the whole file."""
    if source.read(2) in {BOM_UTF16_LE, BOM_UTF16_BE}:
        return "utf-16"
    for encoding in ENCODINGS:
        source.seek(0)
        decoder, size = getincrementaldecoder(encoding)(), 0
        with suppress(UnicodeDecodeError):
            while chunk := source.read(CHUNK):
                size += len(chunk)
                if size > MOST_UNPACKED:
                    raise Undecodable("too large")
                if b"\0" in chunk:
                    raise Undecodable("not text")
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
            return encoding
    raise Undecodable("neither UTF-8 nor GB18030")


def _delimiter(text: io.TextIOWrapper) -> str:
    """Return the sign that separates most in the first line, outside quotes."""
    head = text.readline()
    text.seek(0)
    outside = "".join(head.split(QUOTE)[::2])
    return max(DELIMITERS, key=outside.count)
