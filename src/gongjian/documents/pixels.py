"""How many pixels a picture says it has: read from its head, so that it is known before anything is unpacked."""

import struct
from typing import IO, Final

HEAD: Final = 30
MOST_SEGMENTS: Final = 200  # of a JPEG, before its frame
# Markers of a JPEG's frames: all of SOF0 to SOF15 but DHT, JPG and DAC.
FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def pixels(source: IO[bytes]) -> int | None:
    """Return the number of pixels of a PNG, a WebP or a JPEG; None for other kinds and for what cannot be told."""
    source.seek(0)
    head = source.read(HEAD)
    try:
        if head.startswith(b"\x89PNG"):
            width, height = struct.unpack(">II", head[16:24])
        elif head.startswith(b"RIFF"):
            width, height = _webp(head)
        elif head.startswith(b"\xff\xd8"):
            width, height = _jpeg(source)
        else:
            return None
    except (struct.error, KeyError, EOFError):
        return None
    return int(width) * int(height)


def _webp(head: bytes) -> tuple[int, int]:
    """Read the first chunk: plain, lossless, or one that tells the size of the whole canvas."""
    kind = head[12:16]
    if kind == b"VP8 ":
        width, height = struct.unpack("<HH", head[26:30])
        return width & 0x3FFF, height & 0x3FFF
    if kind == b"VP8L":
        (bits,) = struct.unpack("<I", head[21:25])
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    raise KeyError(kind)


def _jpeg(source: IO[bytes]) -> tuple[int, int]:
    """Go from segment to segment until the frame."""
    source.seek(2)
    for _ in range(MOST_SEGMENTS):
        mark, code, length = struct.unpack(">BBH", source.read(4))
        if mark != 0xFF:  # noqa: PLR2004 - every marker begins so
            raise EOFError
        if code in FRAMES:
            _precision, height, width = struct.unpack(">BHH", source.read(5))
            return width, height
        source.seek(length - 2, 1)
    raise EOFError
