"""Reads an xlsx part by part; a part of the engine `spreadsheet`.

What libraries leave out silently is the point of it: error cells, formulas whose result was never stored, merged and
hidden cells, formats that show 00123. Cells are understood while their part is parsed, so that memory does not grow
with the file.
"""

import math
import posixpath
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import IO, Any
from xml.parsers import expat

CHUNK = 1 << 16
MOST_UNPACKED = 1_000_000_000  # bytes of all parts
MOST_ROWS = 1_048_576
MOST_COLUMNS = 1_000  # what stands further to the right is counted, not read
FIRST_CUT = 1e15  # Excel keeps fifteen digits
LAST_SERIAL = 2_958_466  # the day after 9999-12-31
LEAP_1900 = 60  # Excel believes in 29 February 1900
FORMATS = {14: "d", 15: "d", 16: "d", 17: "d", 18: "h", 19: "h", 20: "h", 21: "h", 22: "d", 45: "h", 46: "[h]", 47: "h"}
FORMATS |= dict.fromkeys((*range(27, 37), *range(50, 59)), "d")  # Chinese, Japanese and Korean dates
PLAIN, MOMENT, ELAPSED = "", "moment", "elapsed"
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
LITERAL = re.compile(r'"([^"]*)"|\\(.)|([-/ ():+.])')
TARGET = re.compile(rb"mergeCell")
MARKS = (b"\xff\xfe", b"\xfe\xff")  # of UTF-16
DIGITS = "0123456789"
TRUE = frozenset({"1", "true"})
TEXTS = frozenset({"v", "t"})
TIMES = frozenset({MOMENT, ELAPSED})
THOUSANDTHS = 86_400_000  # of a second in a day
MOST_KEPT = 100_000
type Line = list[Any]
type Area = tuple[int, int, int, int]  # top, left, bottom, right


class Refused(Exception):
    """Carries the word for why."""


# Parts of the package.


class Names(dict[str, str]):
    """Names of elements without their prefix."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition(":")[2]
        return local


def elements(part: IO[bytes], start: Any, end: Any = None, text: Any = None) -> Iterator[None]:
    """Parse a part, and pause between pieces; a document type, with which bombs are made, is refused."""

    def refuse(*_: Any) -> None:
        raise Refused("broken")

    parser = expat.ParserCreate()
    parser.buffer_text, parser.buffer_size = True, CHUNK
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    while chunk := part.read(CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def run(part: IO[bytes], start: Any, end: Any = None, text: Any = None) -> None:
    """Parse a part to its end."""
    for _ in elements(part, start, end, text):
        pass


@dataclass
class Sheet:
    """A sheet as the workbook lists it."""

    name: str
    part: str
    hidden: bool


@dataclass
class Book:
    """A package that was opened."""

    pack: zipfile.ZipFile
    sheets: list[Sheet] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    looks: dict[str, str] = field(default_factory=dict)  # by style: MOMENT, ELAPSED, or a mask of zeros
    days: "Days" = field(default_factory=lambda: Days(since_1904=False))


def opened(file: IO[bytes]) -> Book:
    """Open a package and read what all its sheets share. Raises Refused and KeyError."""
    pack = zipfile.ZipFile(file)
    parts = pack.infolist()
    if any(part.flag_bits & 1 for part in parts):
        raise Refused("locked")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise Refused("large")
    book = Book(pack)
    top = next((to for kind, to in links(pack, "").values() if kind == "officeDocument"), "xl/workbook.xml")
    targets = links(pack, top)
    found: list[tuple[str, str, bool]] = []

    def start(name: str, given: dict[str, str]) -> None:
        local = NAMES[name]
        if local == "sheet":
            link = next((value for key, value in given.items() if key.endswith(":id")), "")
            found.append((given.get("name", ""), link, given.get("state", "visible") != "visible"))
        elif local == "workbookPr":
            book.days = Days(since_1904=given.get("date1904") in TRUE)

    with pack.open(top) as part:
        run(part, start)
    book.sheets = [
        Sheet(name, targets[link][1], hidden)
        for name, link, hidden in found
        if link in targets and targets[link][0] == "worksheet"
    ]
    by_kind = {kind: to for kind, to in targets.values() if to in pack.namelist()}
    if "styles" in by_kind:
        book.looks = looks(pack, by_kind["styles"])
    if "sharedStrings" in by_kind:
        book.shared = shared(pack, by_kind["sharedStrings"])
    return book


NAMES = Names()


def links(pack: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return where the links of a part lead, by their name: kind and part."""
    folder, name = posixpath.split(part)
    found = {}

    def start(name: str, given: dict[str, str]) -> None:
        if NAMES[name] == "Relationship" and given.get("TargetMode") != "External":
            target = posixpath.normpath(posixpath.join("/", folder, given.get("Target", ""))).lstrip("/")
            found[given.get("Id", "")] = (given.get("Type", "").rpartition("/")[2], target)

    with pack.open(posixpath.join(folder, "_rels", f"{name}.rels")) as listed:
        run(listed, start)
    return found


def looks(pack: zipfile.ZipFile, part: str) -> dict[str, str]:
    """Return what the format of each style makes of a number."""
    codes: dict[int, str] = {}
    found: list[str] = []
    inside = False

    def start(name: str, given: dict[str, str]) -> None:
        nonlocal inside
        local = NAMES[name]
        if local == "numFmt":
            codes[int(given["numFmtId"])] = given.get("formatCode", "")
        elif local == "cellXfs":
            inside = True
        elif local == "xf" and inside:
            number = int(given.get("numFmtId", "0"))
            found.append(look(codes[number] if number in codes else FORMATS.get(number, "")))

    def end(name: str) -> None:
        nonlocal inside
        if NAMES[name] == "cellXfs":
            inside = False

    with pack.open(part) as source:
        run(source, start, end)
    return {str(style): seen_as for style, seen_as in enumerate(found) if seen_as}


def look(code: str) -> str:
    """Return MOMENT or ELAPSED for the format of a date or time, the format itself where it pads with zeros."""
    first = code.split(";", maxsplit=1)[0]
    bare = re.sub(r'"[^"]*"|\\.|_.|\*.', "", first)
    if re.search(r"\[(h+|m+|s+)\]", bare, re.IGNORECASE):
        return ELAPSED
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    if re.search(r"[ymdhs年月日时分秒]", bare, re.IGNORECASE) and "E+" not in bare and bare.casefold() != "general":
        return MOMENT
    zeros = LITERAL.sub("", first)
    # One zero alone is any number; several are a number of so many digits.
    return first if len(zeros) > 1 and not zeros.strip("0") and "." not in bare else PLAIN


def masked(number: int, mask: str) -> str:
    """Return a whole number as a format of zeros and words between shows it: 123 as YT-00123."""
    zeros = LITERAL.sub("", mask).count("0")
    digits = f"{number:0{zeros}d}"
    shown, at = [], len(digits) - zeros
    shown_first = digits[:at]
    for piece in re.finditer(rf"{LITERAL.pattern}|0", mask):
        if piece[0] == "0":
            shown.append(shown_first + digits[at])
            shown_first, at = "", at + 1
        else:
            shown.append(piece[1] or piece[2] or piece[3] or "")
    return "".join(shown)


def shared(pack: zipfile.ZipFile, part: str) -> list[str]:  # noqa: C901 - one small machine
    """Return the texts that cells refer to by their place; readings of Chinese characters are left out."""
    found: list[str] = []
    pieces: list[str] = []
    text: list[str] = []
    reading = False

    def start(name: str, _given: dict[str, str]) -> None:
        nonlocal reading
        local = NAMES[name]
        if local == "si":
            pieces.clear()
        elif local == "t":
            text.clear()
        elif local == "rPh":
            reading = True

    def end(name: str) -> None:
        nonlocal reading
        local = NAMES[name]
        if local == "t" and not reading:
            pieces.append("".join(text))
        elif local == "rPh":
            reading = False
        elif local == "si":
            found.append(words("".join(pieces)))

    with pack.open(part) as source:
        run(source, start, end, text.append)
    return found


def words(said: str) -> str:
    """Return text as it was typed: Excel writes signs that XML does not take as _x000D_."""
    if "_x" in said:
        said = ESCAPED.sub(lambda found: chr(int(found[1], 16)), said)
    return said.strip()


# Cells.


class Rows:
    """Collects the rows of one sheet while it is parsed."""

    def __init__(self, book: Book, areas: list[Area]) -> None:
        self.book, self.areas = book, sorted(areas, reverse=True)  # the next one last
        self.ready: list[Line] = []
        self.seen = self.hidden = self.far = 0
        self.columns: list[int] = []  # hidden
        self.filled: dict[str, None] = {}  # areas whose value was carried down, in their order
        self.number, self.row_hidden = 0, False
        self.cells: list[Any] = []
        self.moments: list[int] = []
        self.damaged: dict[int, tuple[str, str]] = {}
        self.open: list[tuple[Area, Any, tuple[str, str] | None, bool]] = []

    def handlers(self) -> tuple[Any, Any, Any]:  # noqa: C901 - one small machine, called millions of times
        """Return what the parser calls at the start and end of each element, and with text."""
        text: list[str] = []
        value: str | None = None
        given: dict[str, str] = {}
        formula = reading = False

        def start(name: str, told: dict[str, str]) -> None:
            nonlocal given, value, formula, reading
            local = NAMES[name]
            if local == "c":
                given, value, formula = told, None, False
            elif local in TEXTS:
                text.clear()
            elif local == "row":
                self.begin(told)
            elif local == "f":
                formula = True
            elif local == "rPh":
                reading = True
            elif local == "col" and told.get("hidden") in TRUE:
                self.columns += range(int(told["min"]) - 1, min(int(told["max"]), MOST_COLUMNS))

        def end(name: str) -> None:
            nonlocal value, reading
            local = NAMES[name]
            if local in TEXTS:
                if not reading:
                    value = "".join(text) if value is None else value + "".join(text)
            elif local == "c":
                if value or formula or "r" not in given:
                    self.add(given, value, formula=formula)
            elif local == "row":
                self.finish()
            elif local == "rPh":
                reading = False

        return start, end, text.append

    def begin(self, given: dict[str, str]) -> None:
        number = int(given.get("r", self.number + 1))
        if not self.number < number <= MOST_ROWS:
            raise Refused("broken")
        self.number, self.row_hidden = number, given.get("hidden") in TRUE
        self.cells, self.moments, self.damaged = [], [], {}

    def add(self, given: dict[str, str], value: str | None, *, formula: bool) -> None:
        """Take one cell, at the place it names or the next one."""
        cells = self.cells
        many = len(cells)
        place = COLUMNS[given["r"].rstrip(DIGITS)] if "r" in given else many
        if place >= MOST_COLUMNS:
            self.far += value is not None
            return
        found = self._found(given, value, place, formula=formula)
        if place == many:
            cells.append(found)
            return
        cells.extend([None] * (place + 1 - many))
        cells[place] = found

    def _found(self, given: dict[str, str], value: str | None, place: int, *, formula: bool) -> Any:
        """Return what stands in a cell; what is wrong with it is kept beside."""
        kind = given.get("t", "n")
        if not value:
            return self._wrong("formula", "", place) if formula and kind == "n" else None
        if kind == "s":
            return self.book.shared[int(value)] or None
        if kind == "n":
            return self._number(value, given.get("s"), place)
        if kind in {"inlineStr", "str"}:
            return words(value) or None
        if kind == "b":
            return value in TRUE
        return self._dated(value, place) if kind == "d" else self._wrong("error", value, place)

    def _wrong(self, why: str, shown: str, place: int) -> Any:
        """Remember why a cell cannot be read; nothing stands in it."""
        self.damaged[place] = (why, shown)
        return None

    def _number(self, value: str, style: str | None, place: int) -> Any:
        number = float(value)
        seen_as = self.book.looks.get(style, PLAIN) if style else PLAIN
        if seen_as in TIMES:
            return self._moment(number, place, elapsed=seen_as == ELAPSED)
        if not math.isfinite(number):
            return self._wrong("error", value, place)
        if not number.is_integer():
            return number
        if abs(number) >= FIRST_CUT:
            return self._wrong("cut", value, place)
        return masked(int(number), seen_as) if seen_as and number >= 0 else int(number)

    def _moment(self, serial: float, place: int, *, elapsed: bool) -> Any:
        """Return what Excel shows for its count of days: a day, a moment, or a time alone."""
        if not 0 <= serial < LAST_SERIAL:
            return self._wrong("date", "####", place)
        day, thousandths = divmod(round(serial * THOUSANDTHS), THOUSANDTHS)
        if elapsed or serial < 1:
            minutes, seconds = divmod(day * 86_400 + thousandths // 1000, 60)
            return f"{minutes // 60:02}:{minutes % 60:02}" + (f":{seconds:02}" if seconds else "")
        self.moments.append(place)
        return self.book.days[day] + TIME_OF_DAY[thousandths]

    def _dated(self, value: str, place: int) -> Any:
        try:
            found = datetime.fromisoformat(value).replace(tzinfo=None)
        except ValueError:
            return self._wrong("date", value, place)
        self.moments.append(place)
        return found.isoformat().removesuffix("T00:00:00")

    def finish(self) -> None:
        """Hand the row on, if anything stands in it."""
        own = bool(self.damaged) or any(cell is not None for cell in self.cells)
        if self.areas or self.open:
            self._merge(own=own)
        if own:
            self.seen += 1
            self.hidden += self.row_hidden
            self.ready.append([self.number, self.cells, self.moments, self.damaged])

    def _merge(self, *, own: bool) -> None:
        """Carry the value of merged cells down their first column; those to the right of it are nobody's."""
        while self.areas and self.areas[-1][0] <= self.number:
            area = self.areas.pop()
            at, is_top = area[1], area[0] == self.number
            value = self.cells[at] if is_top and at < len(self.cells) else None
            damage = self.damaged.get(at) if is_top else None
            self.open.append((area, value, damage, is_top and at in self.moments))
        self.open = [one for one in self.open if one[0][2] >= self.number]
        for area, value, damage, is_moment in self.open if own else ():
            top, left, bottom, right = area
            if self.number > top and (value is not None or damage):
                self.cells.extend([None] * (left + 1 - len(self.cells)))
                self.cells[left] = value
                self.damaged.update({left: damage} if damage else {})
                self.moments.extend([left] if is_moment else [])
                self.filled[f"{letters(left)}{top}:{letters(right)}{bottom}"] = None
            self.damaged.update(dict.fromkeys(range(left + 1, min(right + 1, MOST_COLUMNS)), ("merged", "")))


class Days(dict[int, str]):
    """Days by Excel's count of them, as ISO text."""

    def __init__(self, *, since_1904: bool) -> None:
        self.since_1904 = since_1904

    def __missing__(self, day: int) -> str:
        start = date(1904, 1, 1) if self.since_1904 else date(1899, 12, 31 if day < LEAP_1900 else 30)
        told = self[day] = (start + timedelta(days=day)).isoformat()
        return told


class Times(dict[int, str]):
    """Times of day by thousandths of a second, as ISO text behind a day; nothing for midnight."""

    def __missing__(self, thousandths: int) -> str:
        told = (datetime(2000, 1, 1) + timedelta(milliseconds=thousandths)).isoformat()[10:]  # noqa: DTZ001 - no zone
        if len(self) < MOST_KEPT:
            self[thousandths] = told
        return told


TIME_OF_DAY = Times({0: ""})


class Columns(dict[str, int]):
    """Places of columns, from 0, by their letters."""

    def __missing__(self, name: str) -> int:
        place = 0
        for sign in name:
            place = place * 26 + "ABCDEFGHIJKLMNOPQRSTUVWXYZ".index(sign) + 1
        if not place:
            raise Refused("broken")
        self[name] = place - 1
        return place - 1


COLUMNS = Columns()


def letters(place: int) -> str:
    """Return how a column is called: 27 is AB."""
    name, place = "", place + 1
    while place:
        place, rest = divmod(place - 1, 26)
        name = chr(65 + rest) + name
    return name


def merged_areas(book: Book, sheet: Sheet) -> list[Area]:
    """Return the merged areas of a sheet. They are listed behind the rows."""
    with book.pack.open(sheet.part) as part:
        before, named = part.read(2), False
        named = before in MARKS
        while not named and (chunk := part.read(1 << 20)):
            named = TARGET.search(before + chunk) is not None
            before = chunk[-len(TARGET.pattern) :]
    if not named:
        return []
    found: list[Area] = []

    def start(name: str, given: dict[str, str]) -> None:
        if NAMES[name] == "mergeCell":
            ends = [REFERENCE.fullmatch(end) for end in given.get("ref", "").split(":")]
            if len(ends) == 2 and ends[0] and ends[1]:  # noqa: PLR2004 - from, to
                found.append((int(ends[0][2]), COLUMNS[ends[0][1]], int(ends[1][2]), COLUMNS[ends[1][1]]))

    with book.pack.open(sheet.part) as part:
        run(part, start)
    return found


def count(book: Book, sheet: Sheet) -> int:
    """Return in how many rows of a sheet anything stands."""
    rows, counted = 0, True

    def start(name: str, _given: dict[str, str]) -> None:
        nonlocal rows, counted
        local = NAMES[name]
        if local == "row":
            counted = False
        elif not counted and local in {"v", "t", "f"}:
            rows, counted = rows + 1, True

    with book.pack.open(sheet.part) as part:
        run(part, start)
    return rows


def sheet_rows(book: Book, sheet: Sheet, rows: Rows) -> Iterator[list[Line]]:
    """Yield the rows of a sheet as they are parsed, some at a time."""
    with book.pack.open(sheet.part) as part:
        for _ in elements(part, *rows.handlers()):
            if rows.ready:
                yield rows.ready
                rows.ready = []
