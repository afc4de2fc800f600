"""Pictures as phones, scanners and chats write them: whatever is a picture of a kind we take is taken."""

import io
import struct
import zlib

import pillow_heif
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageCms

from gongjian.documents.gate import WHY, Refused, judge
from gongjian.documents.models import Document
from gongjian.documents.tests.make import SECRET, exif, heic, jpeg, picture, png, webp

RED, WHITE = (254, 0, 0), (255, 255, 255)
SECOND = Image.new("RGB", (800, 600), "lime")


def saved(kind, image=None, **options):
    out = io.BytesIO()
    (image or picture()).save(out, kind, **options)
    return out.getvalue()


def sequence(kind):
    """A file with a second picture: a burst, a depth map, an animation."""
    return saved(kind, save_all=True, append_images=[SECOND], exif=exif())


def heic_sequence():
    file = pillow_heif.from_pillow(picture())
    file.add_from_pillow(SECOND)
    out = io.BytesIO()
    file.save(out, exif=exif().tobytes())
    return out.getvalue()


def png_of_16_bits(colours=2):
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    side, sample = 64, struct.pack(">HHH", 65_000, 0, 0) if colours else struct.pack(">H", 40_000)
    head = struct.pack(">IIBBBBB", side, side, 16, colours, 0, 0, 0)
    rows = zlib.compress(b"".join(b"\0" + sample * side for _ in range(side)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def printed():
    """A JPEG in the four colours of print, with a profile of three."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved("JPEG", picture().convert("CMYK"), icc_profile=profile)


def taken(content):
    accepted = judge(SimpleUploadedFile("p.bin", content), Document.Kind.PHOTO, "photos")
    image = Image.open(io.BytesIO(accepted.content))
    assert image.format == "JPEG"
    assert getattr(image, "n_frames", 1) == 1
    assert not image.getexif()
    assert SECRET not in accepted.content
    return image.convert("RGB")


def close_to(colour, wanted, by=30):
    return all(abs(a - b) <= by for a, b in zip(colour, wanted, strict=True))


@pytest.mark.parametrize(
    "content",
    [
        sequence("MPO"),
        jpeg() + b"\0" * 500 + b"what a chat program left behind",
        jpeg() + saved("JPEG", SECOND),
        saved("JPEG", progressive=True, exif=exif()),
        saved("JPEG", picture().convert("CMYK")),
        printed(),
        saved("PNG", save_all=True, append_images=[SECOND]),
        saved("PNG", picture().convert("P")),
        sequence("WEBP"),
        heic_sequence(),
    ],
    ids=["mpo", "tail", "two", "progressive", "cmyk", "printed", "apng", "palette", "webp", "heic"],
)
def test_a_real_picture_is_taken_and_the_first_one_in_it_is_kept(content):
    image = taken(content)
    assert close_to(image.getpixel((10, 10)), RED)
    assert close_to(image.getpixel((image.width - 10, image.height - 10)), WHITE)


@pytest.mark.parametrize(("orientation", "corner"), [(1, (10, 10)), (3, (-10, -10)), (6, (-10, 10)), (8, (10, -10))])
def test_a_picture_before_others_is_turned_upright_too(orientation, corner):
    image = taken(saved("MPO", save_all=True, append_images=[SECOND], exif=exif(orientation)))
    assert close_to(image.getpixel(tuple(n % side for n, side in zip(corner, image.size, strict=True))), RED)


def test_sixteen_bits_of_grey_stay_grey_and_of_colour_colour():
    assert close_to(taken(png_of_16_bits(colours=0)).getpixel((9, 9)), (156, 156, 156))
    assert close_to(taken(png_of_16_bits()).getpixel((9, 9)), RED)


@pytest.mark.parametrize("share", [0.2, 0.6, 0.97])
@pytest.mark.parametrize(
    "content",
    [jpeg(), saved("JPEG", progressive=True), png(), webp(), heic()],
    ids=["jpeg", "slow", "png", "webp", "heic"],
)
def test_a_picture_that_did_not_come_whole_is_refused_in_plain_words(content, share):
    with pytest.raises(Refused) as refused:
        taken(content[: int(len(content) * share)])
    assert refused.value.message == WHY["broken"]


def test_a_second_picture_that_did_not_come_whole_takes_nothing_from_the_first():
    whole = sequence("MPO")
    assert close_to(taken(whole[:-40]).getpixel((10, 10)), RED)
