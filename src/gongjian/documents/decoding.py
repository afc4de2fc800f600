"""Which encoding a text file is in, and its text, with a mark in the place of every broken byte.

UTF-8 and UTF-16 tell themselves. GB18030 and Big5 both read nearly everything: what the bytes are is told by which of
the two makes common characters of them. One broken byte never changes that, and never costs more than its cell.
"""

import codecs
import gzip
import io
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Final, Self, cast

from gongjian.documents.cells import UnreadableSheet

GZIP: Final = b"\x1f\x8b"
CHUNK: Final = 1 << 20
MOST_UNPACKED: Final = 1_000_000_000  # bytes; a million cases have some 300 MB
# As whoever chooses names them: how Python reads them. Big5 as Microsoft and Hong Kong extended it.
ENCODINGS: Final = {"utf-8": "utf-8-sig", "gb18030": "gb18030", "big5": "big5hkscs", "utf-16": "utf-16"}
MARKS: Final = frozenset({codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE})
MARKS_OF_32: Final = frozenset({codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE})
BROKEN: Final = "\udcff"  # stands where bytes could not be decoded; no decoded text holds it
SHOWN_BROKEN: Final = "\ufffd"
ENOUGH: Final = 200_000  # signs beyond ASCII that settle which encoding it is
MANY: Final = 10  # whole signs of UTF-8 for one broken byte; text in another encoding has more of these than of those
OFTEN: Final = 20  # that one sign counts for, where they are to be varied
FEW: Final = 100  # broken bytes in text of no encoding we know that are told row by row
SURE: Final = 0.5  # share of common signs
ZERO_SHARE: Final = 0.01  # of zero bytes, from which on a file is no text
LEVEL_1: Final = {"gb2312": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}  # leading bytes of the common characters
PUNCTUATION: Final = ((0x2010, 0x2040), (0x3000, 0x3030), (0xFF01, 0xFF5F))


def _mark(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return BROKEN, error.end


codecs.register_error("gongjian.mark", _mark)


class HeldFile:
    """A file that is read more than once: what was found in the sheets of a workbook is kept until it is let go."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.found: dict[int, IO[bytes]] = {}  # by the place of the sheet

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self.found.values():
            file.close()
        self.found.clear()


type Source = Path | IO[bytes] | HeldFile


@contextmanager
def opened(source: Source) -> Iterator[IO[bytes]]:
    """Open a file from its beginning; one that was lent stays open."""
    with ExitStack() as stack:
        path = source.path if isinstance(source, HeldFile) else source
        file = stack.enter_context(path.open("rb")) if isinstance(path, Path) else path
        file.seek(0)
        yield file


@contextmanager
def unpacked(source: Source) -> Iterator[IO[bytes]]:
    """Open a file that may be packed with gzip from its beginning. Raises UnreadableSheet."""
    with opened(source) as file:
        packed = file.read(len(GZIP)) == GZIP
        file.seek(0)
        try:
            yield cast("IO[bytes]", gzip.GzipFile(fileobj=file)) if packed else file
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise UnreadableSheet("broken") from error


@contextmanager
def text_of(source: IO[bytes], encoding: str) -> Iterator[io.TextIOWrapper]:
    """Open the text of a file; line ends stay as they are, broken bytes are marked."""
    source.seek(0)
    codec = ENCODINGS[encoding]
    if codec == "utf-16" and source.read(2) not in MARKS:
        codec = _bare_utf16(source) or "utf-16-le"
    source.seek(0)
    text = io.TextIOWrapper(source, encoding=codec, errors="gongjian.mark", newline="")
    try:
        yield text
    finally:
        with suppress(ValueError):  # whoever lent the file may have closed it already
            text.detach()


def encoding_of(source: IO[bytes]) -> str:
    """Return which encoding a file is in, by its name in ENCODINGS. Raises UnreadableSheet for what is no text."""
    source.seek(0)
    if source.read(4) in MARKS_OF_32:
        raise UnreadableSheet("encoding")
    source.seek(0)
    if source.read(2) in MARKS or _bare_utf16(source):
        return "utf-16"
    if _is_whole_utf8(source):
        return "utf-8"
    signs = {name: _signs(source, name) for name in ("utf-8", "gb18030", "big5")}
    broken = signs["utf-8"].pop(BROKEN, 0)
    if _outweigh(signs["utf-8"], broken):
        return "utf-8"
    best = max(signs, key=lambda name: _commonness(signs[name]))
    if _commonness(signs[best]) >= SURE:
        return best
    if broken > FEW:
        raise UnreadableSheet("encoding")
    return "utf-8"


def _bare_utf16(source: IO[bytes]) -> str:
    """Return which UTF-16 a file without its mark is in: where every other byte of its plain signs is zero."""
    source.seek(0)
    first = source.read(CHUNK // 16)
    for codec, zero in (("utf-16-le", 1), ("utf-16-be", 0)):
        zeros, others = first[zero::2].count(0), first[1 - zero :: 2].count(0)
        if zeros > MANY * (others + 1) and zeros > ZERO_SHARE * len(first):
            text = codecs.getincrementaldecoder(codec)("replace").decode(first)
            return codec if all(map(_is_plain, text)) else ""
    return ""


def _is_plain(sign: str) -> bool:
    return sign.isprintable() or sign.isspace()


def _outweigh(signs: Counter[str], broken: int) -> bool:
    """Whether signs are so many and so varied that the bytes between them are broken ones, not another encoding."""
    varied = sum(min(n, OFTEN) for n in signs.values())
    return signs.total() >= broken * MANY and varied >= min(broken, OFTEN) * MANY


def _is_whole_utf8(source: IO[bytes]) -> bool:
    """Whether all of a file is UTF-8; looks at its size and at zero bytes on the way."""
    source.seek(0)
    decoder, size, zeros, good = codecs.getincrementaldecoder("utf-8")(), 0, 0, True
    while chunk := source.read(CHUNK):
        size, zeros = size + len(chunk), zeros + chunk.count(0)
        if size > MOST_UNPACKED:
            raise UnreadableSheet("large")
        if good:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                good = False
    if zeros > ZERO_SHARE * size:
        raise UnreadableSheet("binary")
    with suppress(UnicodeDecodeError):
        decoder.decode(b"", final=True)
        return good
    return False


def _signs(source: IO[bytes], name: str) -> Counter[str]:
    """Return how often each sign beyond ASCII comes, as one encoding reads them."""
    source.seek(0)
    decoder = codecs.getincrementaldecoder(ENCODINGS[name])(errors="gongjian.mark")
    found: Counter[str] = Counter()
    many = 0
    while many < ENOUGH and (chunk := source.read(CHUNK)):
        some = Counter(sign for sign in decoder.decode(chunk) if not sign.isascii())
        many += some.total()
        found += some
    return found


def _commonness(signs: Counter[str]) -> float:
    """Return which share of the signs people write every day, in simplified or in traditional characters."""
    return sum(n for sign, n in signs.items() if _is_common(sign)) / max(1, signs.total())


def _is_common(sign: str) -> bool:
    if any(first <= ord(sign) < after for first, after in PUNCTUATION):
        return True
    for codec, (first, last) in LEVEL_1.items():
        with suppress(UnicodeEncodeError):
            if first <= sign.encode(codec)[0] <= last:
                return True
    return False
