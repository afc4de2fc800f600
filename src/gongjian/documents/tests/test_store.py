import hashlib
import io
import os
import stat
import tracemalloc

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from django.utils import translation
from PIL import Image

from gongjian.documents import rules, storage
from gongjian.documents.actions import MOST_UNCLAIMED, Refused, store
from gongjian.documents.models import Document
from gongjian.documents.tests import make
from gongjian.documents.tests.conftest import AT, files_in, hand_in
from gongjian.identity.actor import ANONYMOUS

pytestmark = pytest.mark.django_db


def opened(document, thumb=False):
    return Image.open(io.BytesIO(storage.path_of(document.sha256, thumb=thumb).read_bytes()))


def test_a_photo_is_kept_small_and_without_where_it_was_taken(media):
    given = make.jpeg(size=(3000, 2000))
    assert Image.open(io.BytesIO(given)).getexif().get_ifd(0x8825)  # the original tells the place
    assert make.SECRET in given
    document = hand_in(given, "IMG 0001.HEIC", kind="photo")
    assert (document.mime, document.width, document.height) == ("image/jpeg", 1920, 1280)
    kept = storage.path_of(document.sha256).read_bytes()
    picture = opened(document)
    assert (picture.format, picture.size) == ("JPEG", (1920, 1280))
    assert not picture.getexif()
    assert not {"icc_profile", "comment", "xmp", "exif", "photoshop"} & set(picture.info)
    assert make.SECRET not in kept
    assert b"Exif" not in kept
    assert opened(document, thumb=True).size == (320, 213)
    assert make.SECRET not in storage.path_of(document.sha256, thumb=True).read_bytes()
    assert hashlib.sha256(kept).hexdigest() == document.sha256
    assert document.size == len(kept)
    assert document.title == "IMG 0001.jpg"
    assert stat.S_IMODE(storage.path_of(document.sha256).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0.2, 0.2)), (3, (0.8, 0.8)), (6, (0.8, 0.2)), (8, (0.2, 0.8))]
)
def test_a_photo_is_turned_upright(orientation, corner):
    document = hand_in(make.jpeg(orientation=orientation))
    picture = opened(document)
    assert picture.size == ((600, 800) if orientation in {6, 8} else (800, 600))
    x, y = int(picture.width * corner[0]), int(picture.height * corner[1])
    red, green, _ = picture.getpixel((x, y))
    assert red > 200
    assert green < 80


@pytest.mark.parametrize(
    "maker", [make.png, make.webp, make.heic, lambda: make.png(mode="L"), lambda: make.png(mode="P")]
)
def test_every_kind_of_picture_becomes_a_jpeg(maker):
    document = hand_in(maker(), "x.exe", kind="photo")
    picture = opened(document)
    assert (document.mime, picture.format, picture.size) == ("image/jpeg", "JPEG", (800, 600))
    assert not picture.getexif()
    assert make.SECRET not in storage.path_of(document.sha256).read_bytes()


def test_clear_ground_becomes_white():
    assert opened(hand_in(make.png())).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("content", "mime", "suffix"),
    [
        (make.pdf(), "application/pdf", ".pdf"),
        (make.pdf_with_object_stream(b"1 0 << /Type /Page >>"), "application/pdf", ".pdf"),
        (make.office(), rules.DOCX.mime, ".docx"),
        (make.office("xl/workbook.xml"), rules.XLSX.mime, ".xlsx"),
        (make.wav(), "audio/wav", ".wav"),
        (make.mp3(), "audio/mpeg", ".mp3"),
        (make.mp3(b"ID3\x04\0\0\0\0\0\x05tag.."), "audio/mpeg", ".mp3"),
        (make.m4a(b"soun"), "audio/mp4", ".m4a"),
        (make.m4a(b"soun", brand=b"isom"), "audio/mp4", ".m4a"),
        (make.AMR, "audio/amr", ".amr"),
    ],
)
def test_a_file_is_what_is_in_it(content, mime, suffix):
    document = hand_in(content, "claimed.jpg")
    assert (document.mime, document.title) == (mime, "claimed" + suffix)
    assert storage.path_of(document.sha256).read_bytes() == content


REFUSALS = {
    "nonsense": (os.urandom(10_000_000), "可以交"),
    "program": (b"MZ" + b"\0" * 500, "可以交"),
    "page": (b"<html><script>alert(1)</script>", "可以交"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "可以交"),
    "nothing": (b"", "空的"),
    "half a photo": (make.jpeg()[:9000], "打不开"),
    "head of a photo": (make.jpeg()[:40], "打不开"),
    "picture bomb": (make.png_bomb(), "像素太多"),
    "half a pdf": (make.pdf(tail=b""), "打不开"),
    "locked pdf": (make.pdf(b"/Encrypt 5 0 R"), "密码"),
    "script in a pdf": (make.pdf(b"/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "脚本"),
    "hidden name in a pdf": (make.pdf(b"/OpenAction << /S /J#61vaScript >>"), "脚本"),
    "packed name in a pdf": (make.pdf_with_object_stream(b"1 0 << /S /JavaScript /JS (x) >>"), "脚本"),
    "pdf bomb": (make.pdf_with_object_stream(b"0" * 80_000_000), "解压后太大"),
    "file in a pdf": (make.pdf(b"/Names << /EmbeddedFiles 3 0 R >>"), "脚本"),
    "any zip": (make.office("readme.txt"), "可以交"),
    "both word and excel": (make.office(extra=[("xl/workbook.xml", b"")]), "可以交"),
    "macros": (make.office(extra=[("word/vbaProject.bin", b"x")]), "宏"),
    "zip bomb": (make.office(content=b"0" * 60_000_000), "解压后太大"),
    "many entries": (make.office(extra=[(f"word/{n}.xml", b"") for n in range(2100)]), "解压后太大"),
    "way out of the folder": (make.office(extra=[("../../etc/passwd", b"x")]), "打不开"),
    "page before a zip": (b"PK\x03\x04<script>" + make.office(), "打不开"),
    "half a zip": (make.office()[:-30], "打不开"),
    "film": (make.m4a(b"vide", b"soun", brand=b"isom"), "可以交"),
    "name of a sound": (b"ID3" + b"\0" * 500, "可以交"),
    "half a wav": (make.wav()[:20], "打不开"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_we_cannot_take_is_refused_with_field_and_remedy(name, media):
    content, words = REFUSALS[name]
    with pytest.raises(Refused) as refused:
        hand_in(content, "photo.jpg", field="photos")
    assert refused.value.field == "photos"
    assert words in str(refused.value)
    with translation.override("en"):
        assert str(refused.value).isascii()
    assert not Document.objects.exists()
    assert files_in(media) == []


def test_ten_megabytes_of_nonsense_are_refused_at_the_first_look():
    tracemalloc.start()
    upload = SimpleUploadedFile("x.jpg", REFUSALS["nonsense"][0])
    before, _ = tracemalloc.get_traced_memory()
    with pytest.raises(Refused):
        store(upload=upload, kind="photo", actor=ANONYMOUS, at=AT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak - before < 2_000_000


def test_a_file_that_is_too_large_is_told_its_size():
    with pytest.raises(Refused) as refused:
        hand_in(b"%PDF-1.7" + b"0" * 20_000_001, field="file")
    assert str(refused.value) == "这个文件有 20.0 MB，最大只能收 20 MB。"


def test_each_kind_takes_its_own_files():
    for kind, content in (
        ("photo", make.pdf()),
        ("recording", make.jpeg()),
        ("sheet", make.office()),
        ("sheet", make.jpeg()),
    ):
        with pytest.raises(Refused):
            hand_in(content, kind=kind)
    assert hand_in(make.office("xl/workbook.xml"), kind="sheet").kind == "sheet"


def test_a_picture_that_is_also_an_archive_keeps_only_its_pixels():
    both = make.jpeg() + make.office(content=make.SECRET)
    document = hand_in(both)
    kept = storage.path_of(document.sha256).read_bytes()
    assert b"PK\x03\x04" not in kept
    assert make.SECRET not in kept


def test_a_large_upload_is_read_from_its_own_file():
    upload = TemporaryUploadedFile("big.pdf", "application/pdf", 0, None)
    upload.write(make.pdf(b"%" + b"0" * 5_000_000 + b"\n"))
    upload.size = upload.tell()
    upload.flush()
    document = store(upload=upload, kind="attachment", actor=ANONYMOUS, at=AT)
    assert (document.mime, document.size) == ("application/pdf", upload.size)


def test_the_same_file_twice_is_one_file_and_two_documents(media):
    first, second = hand_in(make.pdf()), hand_in(make.pdf())
    assert (first.sha256, first.pk != second.pk) == (second.sha256, True)
    assert len(files_in(media)) == 1


def test_a_draft_takes_nine_files():
    Document.objects.bulk_create(
        Document(
            sha256="0" * 64,
            mime="x",
            size=1,
            name="x",
            kind="photo",
            retention="case-document",
            created_at=AT,
            claim_token="t" * 43,
        )
        for _ in range(MOST_UNCLAIMED)
    )
    with pytest.raises(Refused, match="9 个"):
        hand_in(make.jpeg(), claim_token="t" * 43)


@pytest.mark.parametrize(
    ("claimed", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\刘\\合同.doc", "合同.pdf"),
        ("a\nb\r\u202ecod.exe", "abcod.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("x" * 500, "x" * 116 + ".pdf"),
        ("扫描件", "扫描件.pdf"),
    ],
)
def test_a_name_is_only_a_name(claimed, kept):
    assert rules.stored_name(claimed, ".pdf") == kept
