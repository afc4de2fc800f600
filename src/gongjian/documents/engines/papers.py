"""Looks inside PDF, Word, Excel and sound files of unknown origin; runs as its own process.

Reads the file from standard input and writes one line of JSON: {"mime": ...} or {"refused": word}. Imports nothing of
the project. What it cannot judge it refuses.
"""

import io
import json
import re
import struct
import sys
import wave
import zipfile
import zlib
from typing import Any

import puremagic

MB = 1_000_000
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAIN_PART = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX}

# Limits of a packed office file: a bomb is refused by what its directory says and by what really comes out.
MOST_ENTRIES = 2000
MOST_UNPACKED = 150 * MB
MOST_RATIO = 200  # of one entry; sheets of repeated rows reach 60
SMALL = 1 * MB  # below this the ratio says nothing
# Macros, embedded programs and outside controls have no business in a letter to the district.
FORBIDDEN_ENTRIES = re.compile(r"vbaProject|activeX|/embeddings/.*\.bin$|oleObject", re.IGNORECASE)

# Names in a PDF that run something, hide files or lock the reader out.
FORBIDDEN_NAMES = re.compile(
    rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA|SubmitForm|ImportData|GoToE)(?![A-Za-z])"
)
HEX_NAME = re.compile(rb"#([0-9A-Fa-f]{2})")
OBJECT_STREAM = re.compile(rb"/ObjStm\b.{0,400}?stream\r?\n(.*?)endstream", re.DOTALL)
PDF_TAIL = 2048
MOST_INFLATED = 64 * MB


class RefusedFile(Exception):
    """Carries the word for why."""


def judge(data: bytes) -> str:
    """Return the MIME type of a file that is what it seems and holds nothing that acts; raises RefusedFile."""
    if data.startswith(b"%PDF-"):
        return _pdf(data)
    if data.startswith(b"PK\x03\x04"):
        return _office(data)
    return _sound(data)


def _pdf(data: bytes) -> str:
    """Check header, end and names; packed object streams are unpacked first, because names hide there too."""
    if b"%%EOF" not in data[-PDF_TAIL:] or b"startxref" not in data[-PDF_TAIL:]:
        raise RefusedFile("broken")
    if re.search(rb"/Encrypt(?![A-Za-z])", data):
        raise RefusedFile("locked")
    if FORBIDDEN_NAMES.search(_plain_names(data)) or FORBIDDEN_NAMES.search(_plain_names(_object_streams(data))):
        raise RefusedFile("active")
    return "application/pdf"


def _plain_names(data: bytes) -> bytes:
    """Undo #4a for J, so that a name has one spelling."""
    return HEX_NAME.sub(lambda found: bytes([int(found[1], 16)]), data)


def _object_streams(data: bytes) -> bytes:
    out, room = [], MOST_INFLATED
    for found in OBJECT_STREAM.finditer(data):
        inflate = zlib.decompressobj()
        try:
            part = inflate.decompress(found[1], room)
        except zlib.error as error:
            raise RefusedFile("broken") from error
        room -= len(part)
        if inflate.unconsumed_tail or room <= 0:
            raise RefusedFile("bomb")
        out.append(part)
    return b"\n".join(out)


def _office(data: bytes) -> str:
    """Check the packed parts one by one and return which program's file it is."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            entries = pack.infolist()
            _check_directory(data, entries)
            _check_contents(pack, entries)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError) as error:
        raise RefusedFile("broken") from error
    names = {entry.filename for entry in entries}
    kinds = {mime for part, mime in MAIN_PART.items() if part in names}
    if "[Content_Types].xml" not in names or len(kinds) != 1:
        raise RefusedFile("type")
    return kinds.pop()


def _check_directory(data: bytes, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse what the directory already gives away: too much, locked, active, or something stuck before the pack."""
    if len(entries) > MOST_ENTRIES or sum(e.file_size for e in entries) > MOST_UNPACKED:
        raise RefusedFile("bomb")
    for entry in entries:
        if entry.flag_bits & 1:
            raise RefusedFile("locked")
        if FORBIDDEN_ENTRIES.search(entry.filename):
            raise RefusedFile("active")
        if entry.filename.startswith("/") or ".." in entry.filename.split("/"):
            raise RefusedFile("broken")
    if not entries or min(e.header_offset for e in entries) != 0 or not data.startswith(b"PK\x03\x04"):
        raise RefusedFile("broken")


def _check_contents(pack: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> None:
    """Unpack every entry without keeping it; what comes out may not exceed what the directory said."""
    for entry in entries:
        if entry.file_size > SMALL and entry.file_size > MOST_RATIO * max(entry.compress_size, 1):
            raise RefusedFile("bomb")
        with pack.open(entry) as part:
            while part.read(MB):
                pass


def _sound(data: bytes) -> str:
    """Tell the four sound files apart by their own marks, and ask puremagic whether it agrees that it is sound."""
    if data.startswith((b"#!AMR\n", b"#!AMR-WB\n")):
        return "audio/amr"
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return _wav(data)
    if data[4:8] == b"ftyp":
        return _m4a(data)
    if _is_mp3(data) and _magic_says_sound(data):
        return "audio/mpeg"
    raise RefusedFile("type")


def _wav(data: bytes) -> str:
    try:
        with wave.open(io.BytesIO(data)) as sound:
            sound.getnframes()
    except (wave.Error, EOFError, struct.error) as error:
        raise RefusedFile("broken") from error
    return "audio/wav"


def _m4a(data: bytes) -> str:
    """Take a sound track alone: recorders write several brands, so the kind of the tracks decides."""
    handlers = set(re.findall(rb"hdlr.{8}(....)", data, re.DOTALL))
    if b"soun" not in handlers or handlers & {b"vide", b"pict"}:
        raise RefusedFile("type")
    return "audio/mp4"


def _is_mp3(data: bytes) -> bool:
    """Whether two MPEG frames follow one another at the start or behind the ID3 tag."""
    start = _tag_length(data)
    length = _frame_length(data, start)
    return length > 0 and _frame_length(data, start + length) > 0


def _tag_length(data: bytes) -> int:
    """Return the length of the ID3 tag in front: its size has seven bits in each of four bytes."""
    if not data.startswith(b"ID3"):
        return 0
    size = 0
    for byte in data[6:ID3_HEAD]:
        size = size << 7 | byte & 0x7F
    return ID3_HEAD + size


ID3_HEAD = 10
SYNC = 0b111_1111_1111  # eleven bits at the start of a frame
LAYER_3 = 1
VERSION_1 = 3
BITRATES = {  # kbit/s of layer III; 0 stands for "free"
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
RATES = {VERSION_1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}


def _frame_length(data: bytes, start: int) -> int:
    """Return the length in bytes of the MPEG audio frame of layer III that starts there, 0 if none does."""
    word = int.from_bytes(data[start : start + 4])
    version, layer = word >> 19 & 3, word >> 17 & 3
    bits, rate, padding = word >> 12 & 15, word >> 10 & 3, word >> 9 & 1
    if word >> 21 != SYNC or layer != LAYER_3 or version not in RATES:
        return 0
    first = version == VERSION_1
    if rate >= len(RATES[version]) or not 0 < bits < len(BITRATES[first]):
        return 0
    return (144 if first else 72) * BITRATES[first][bits] * 1000 // RATES[version][rate] + padding


def _magic_says_sound(data: bytes) -> bool:
    try:
        guesses = puremagic.magic_string(data)
    except puremagic.PureError:
        return True  # it knows no bare frames; two good ones in a row were found
    return any(guess.mime_type.startswith("audio/") for guess in guesses)


def answer(data: bytes) -> dict[str, Any]:
    """Return what the process writes."""
    try:
        return {"mime": judge(data)}
    except RefusedFile as error:
        return {"refused": str(error)}
    except Exception as error:  # noqa: BLE001 - the engine ends with an answer
        # Whatever a parser stumbles over, the file cannot be judged.
        return {"refused": "broken", "detail": type(error).__name__}


def main() -> None:
    """Read the file, write the answer."""
    sys.stdout.write(json.dumps(answer(sys.stdin.buffer.read())))


if __name__ == "__main__":
    main()
