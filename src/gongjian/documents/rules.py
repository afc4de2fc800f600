"""What may be handed in, how large, and what a cell of a spreadsheet may hold."""

from dataclasses import dataclass

from gongjian.text import clean

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class FileType:
    mime: str  # as stored
    suffix: str
    family: str  # image | paper | audio: the engine that looks inside; table: text, decoded here


JPEG = FileType("image/jpeg", ".jpg", "image")
PDF = FileType("application/pdf", ".pdf", "paper")
DOCX = FileType("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ".docx", "paper")
XLSX = FileType("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".xlsx", "paper")
CSV = FileType("text/csv", ".csv", "table")
CSV_GZ = FileType("application/gzip", ".csv.gz", "table")
M4A = FileType("audio/mp4", ".m4a", "audio")
MP3 = FileType("audio/mpeg", ".mp3", "audio")
AMR = FileType("audio/amr", ".amr", "audio")
WAV = FileType("audio/wav", ".wav", "audio")

TYPES = {t.mime: t for t in (JPEG, PDF, DOCX, XLSX, CSV, CSV_GZ, M4A, MP3, AMR, WAV)}

# Largest upload by family, in bytes.
# image: a phone's photo has 3 to 12 MB; it is stored at 1920 px, about 0.5 MB.
# paper: a scan of 40 pages has some 15 MB.
# audio: half an hour from a phone's recorder at 64 kbit/s has 14 MB.
# table: 70,000 cases as csv have 18 MB, packed 4 MB.
LARGEST = {"image": 25 * MB, "paper": 20 * MB, "audio": 20 * MB, "table": 25 * MB}
LARGEST_OF_ALL = max(LARGEST.values())
# Largest request that brings files: five photos of a phone without its browser's help; one table with its form.
FILES_MOST = 64 * MB
SHEET_MOST = LARGEST["table"] + MB

# Longest side of a stored picture and of its small one, in pixels; the quality that shows no difference at that size.
LONGEST_SIDE = 1920
THUMB_SIDE = 320
JPEG_QUALITY = 82
# A picture of more pixels is refused before it is unpacked: 120 megapixels are the largest phone cameras, and a JPEG
# is read at a fraction of its size; other kinds need the memory for all of them.
MOST_PIXELS = {"JPEG": 120 * MB, "PNG": 50 * MB, "WEBP": 30 * MB, "HEIF": 60 * MB}

# A picture of no more pixels is looked at in a fraction of a second: what browsers make of a photo has 3.7 megapixels.
QUICK_PIXELS = 5 * MB

NAME_LENGTH = 120
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r", "\n")
# An image of less than 16 bytes has no header.
HEAD = 64
MPEG_LAYER_3 = frozenset({b"\xfb", b"\xfa", b"\xf3", b"\xf2", b"\xe3", b"\xe2"})  # second byte: version, layer


def family_of(head: bytes) -> str:
    """Return image, paper or audio from the first bytes of a file, or "" for what we do not take.

    This only picks the engine that looks inside; the name and type the sender claims play no part.
    """
    if head.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")) or _riff(head) == b"WEBP":
        return "image"
    if head.startswith((b"%PDF-", b"PK\x03\x04")):
        return "paper"
    if head.startswith((b"ID3", b"#!AMR")) or _riff(head) == b"WAVE" or _is_mpeg_frame(head):
        return "audio"
    if head[4:8] == b"ftyp":
        return (
            "image"
            if head[8:12] in {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
            else "audio"
        )
    return ""


def _riff(head: bytes) -> bytes:
    return head[8:12] if head.startswith(b"RIFF") else b""


def _is_mpeg_frame(head: bytes) -> bool:
    """Whether the file starts with the sync word of an MPEG audio frame, layer III."""
    return head[:1] == b"\xff" and head[1:2] in MPEG_LAYER_3


def stored_name(claimed: str, suffix: str) -> str:
    """Return the last part of a claimed file name without control signs, with the suffix of what it really is."""
    last = claimed.replace("\\", "/").rpartition("/")[2]
    kept = "".join(sign for sign in clean(last) if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
    stem = kept.rpartition(".")[0] or kept or "file"
    stem = stem.removesuffix(".csv") if suffix == CSV_GZ.suffix else stem
    return stem[: NAME_LENGTH - len(suffix)] + suffix


def safe_cell(text: str) -> str:
    """Return text that a spreadsheet program shows and never runs: a leading formula sign gets an apostrophe.

    Source: OWASP, CSV Injection.
    """
    return f"'{text}" if text.startswith(FORMULA_SIGNS) else text
