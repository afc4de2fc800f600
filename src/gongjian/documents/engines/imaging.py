"""Turns a photo of unknown origin into a plain JPEG and a small one; runs as its own process.

Reads the picture from standard input. Writes one line of JSON, then the bytes it announces. Nothing of the original
survives but the pixels: they are turned upright, their colours brought to sRGB, and written anew, so that position,
camera, comments and anything hidden behind the picture are gone. Imports nothing of the project: `imaging.py` starts
in a tenth of a second and dies alone if a decoder fails.
"""

import io
import json
import sys
import warnings
from typing import Any

import pillow_heif
from PIL import Image, ImageCms, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
# A JPEG with further pictures behind it, as many phones write one for depth or a larger preview: the first one counts.
SEVERAL = "MPO"


class RefusedPicture(Exception):
    """Carries the word for why."""


def convert(
    data: bytes, *, side: int, thumb: int, quality: int, most_pixels: dict[str, int]
) -> tuple[dict[str, Any], list[bytes]]:
    """Return width and height with the JPEG and the small JPEG; raises RefusedPicture."""
    picture = _open(data, most_pixels)
    if _format(picture) == "JPEG":
        # The decoder itself halves or quarters a large photo, in the proportion asked for.
        share = side / max(picture.size)
        picture.draft("RGB", (int(picture.width * share), int(picture.height * share)))
    upright = ImageOps.exif_transpose(picture)
    upright.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    plain = _pixels_only(upright)
    small = plain.copy()
    small.thumbnail((thumb, thumb), Image.Resampling.LANCZOS)
    return {"width": plain.width, "height": plain.height}, [_jpeg(plain, quality), _jpeg(small, quality)]


def _open(data: bytes, most_pixels: dict[str, int]) -> Image.Image:
    """Open and check the picture; its size is looked at before a pixel is unpacked."""
    with Image.open(io.BytesIO(data), formats=FORMATS) as first:
        if first.width * first.height > most_pixels[_format(first)]:
            raise RefusedPicture("pixels")
        first.verify()
    return Image.open(io.BytesIO(data), formats=FORMATS)


def _format(picture: Image.Image) -> str:
    return "JPEG" if picture.format == SEVERAL else picture.format or ""


def _pixels_only(picture: Image.Image) -> Image.Image:
    """Return a fresh RGB picture on white ground, without profile, EXIF, XMP, comment or further frames."""
    profile = picture.info.get("icc_profile")
    if picture.mode.startswith("I"):  # grey in 16 bits, of which a plain conversion makes white
        picture = picture.convert("I").point(lambda step: step * (1 / 256)).convert("L")
    if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
        clear = picture.convert("RGBA")
        picture = Image.new("RGBA", clear.size, "white")
        picture.alpha_composite(clear)
    if profile:
        picture = _to_srgb(picture, profile)
    plain = Image.new("RGB", picture.size, "white")
    plain.paste(picture.convert("RGB"))
    return plain


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """Bring the colours to sRGB where the profile can be read; else leave them as they are."""
    if picture.mode not in {"RGB", "RGBA", "CMYK", "L"}:
        return picture
    source = picture.convert("RGB") if picture.mode == "RGBA" else picture
    try:
        known = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(source, known, ImageCms.createProfile("sRGB"), outputMode="RGB") or source
    except (ImageCms.PyCMSError, OSError):
        return source


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality, optimize=True, progressive=True)
    return out.getvalue()


def answer(data: bytes, options: dict[str, Any]) -> bytes:
    """Return what the process writes: a line of JSON, then the pictures."""
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # our own limit stands in _open
    try:
        pillow_heif.register_heif_opener(thumbnails=False)
        facts, blobs = convert(data, **options)
    except RefusedPicture as error:
        facts, blobs = {"refused": str(error)}, []
    except Exception as error:  # noqa: BLE001 - the engine ends with an answer
        # Whatever a decoder stumbles over, the picture cannot be read.
        facts, blobs = {"refused": "broken", "detail": type(error).__name__}, []
    facts["sizes"] = [len(blob) for blob in blobs]
    return json.dumps(facts).encode() + b"\n" + b"".join(blobs)


def main() -> None:
    """Read the picture, write the answer."""
    sys.stdout.buffer.write(answer(sys.stdin.buffer.read(), json.loads(sys.argv[1])))


if __name__ == "__main__":
    main()
