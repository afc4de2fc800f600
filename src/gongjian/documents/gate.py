"""What comes in: each file is judged by what is in it, never by its name."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, cast

from django.core.files.base import File
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from gongjian.documents import engine, rules
from gongjian.documents.cells import UnreadableSheet
from gongjian.documents.decoding import GZIP
from gongjian.documents.delimited import check
from gongjian.documents.models import Document
from gongjian.documents.pixels import pixels

logger = logging.getLogger(__name__)

FAMILIES = {
    Document.Kind.PHOTO: {"image"},
    Document.Kind.ATTACHMENT: {"image", "paper", "audio"},
    Document.Kind.RECORDING: {"audio"},
    Document.Kind.SHEET: {"paper", "table"},
}
TAKEN = {
    Document.Kind.PHOTO: _("可以交 JPEG、PNG、HEIC 或 WebP 格式的照片。"),
    Document.Kind.ATTACHMENT: _("可以交照片、PDF、Word（docx）、Excel（xlsx）或录音（m4a、mp3、amr、wav）。"),
    Document.Kind.RECORDING: _("可以交 m4a、mp3、amr 或 wav 格式的录音。"),
    Document.Kind.SHEET: _("可以交 Excel（xlsx）表格，或 csv、csv.gz 文件。"),
}
WHY = {
    "pixels": _("这张照片的像素太多，我们打不开。请用手机拍一张普通照片，或截图后再交。"),
    "broken": _("这个文件打不开，可能没有传完整。请再选一次，或换一个文件。"),
    "locked": _("这个文件有密码保护。请去掉密码后再交。"),
    "active": _("这个文件里有宏、脚本或内嵌文件，我们不能收。请另存为不带宏的文件或打印成 PDF 再交。"),
    "bomb": _("这个文件解压后太大，我们不能收。请拆成几个文件再交。"),
}


class Refused(ValueError):
    """We do not take this file; `field` names where it was handed in, `message` says what would do."""

    def __init__(self, field: str, message: str | Promise) -> None:
        super().__init__(field, message)
        self.field = field
        self.message = message

    def __str__(self) -> str:
        return str(self.message)


class Busy(Refused):
    """Nothing is wrong with the file: too many are being looked at. Whoever sends it again in a while gets through."""

    def __init__(self, field: str) -> None:
        super().__init__(field, _("现在交文件的人多，这个文件还没有收下。您写的字都在，过十几秒再交一次。"))


RETRY_S = 15


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file that may be stored: `content` in place of what was handed in, where that was a picture."""

    type: rules.FileType
    content: bytes | None = field(default=None, repr=False)
    thumb: bytes = field(default=b"", repr=False)
    width: int | None = None
    height: int | None = None


def judge(upload: "File[bytes]", kind: str, name: str = "file") -> Accepted:
    """Look into a file and say what may be stored; raises Refused for the field `name`."""
    family = _family(upload, kind, name)
    if family == "image":
        return _picture(upload, name)
    if family == "table":
        return _table(upload, name)
    said = json.loads(_ask("papers", [], upload, name, quick=family == "audio"))
    if "refused" in said:
        raise Refused(name, WHY.get(said["refused"], TAKEN[Document.Kind(kind)]))
    found = rules.TYPES[said["mime"]]
    if kind == Document.Kind.SHEET and found is not rules.XLSX:
        raise Refused(name, TAKEN[Document.Kind.SHEET])
    return Accepted(found)


def _family(upload: "File[bytes]", kind: str, name: str) -> str:
    size = upload.size or 0
    if not size:
        raise Refused(name, _("这个文件是空的。请再选一次。"))
    upload.seek(0)
    family = rules.family_of(upload.read(rules.HEAD)) or ("table" if kind == Document.Kind.SHEET else "")
    if family not in FAMILIES[Document.Kind(kind)]:
        raise Refused(name, TAKEN[Document.Kind(kind)])
    most = rules.LARGEST[family]
    if size > most:
        told = _("这个文件有 {size} MB，最大只能收 {most} MB。")
        raise Refused(name, format_lazy(told, size=f"{size / rules.MB:.1f}", most=most // rules.MB))
    return family


def _table(upload: "File[bytes]", name: str) -> Accepted:
    """Take text that a spreadsheet program saved, packed or not; it is decoded to its end and nothing more."""
    source = cast("IO[bytes]", upload)
    try:
        check(source)
    except UnreadableSheet as error:
        raise Refused(name, TAKEN[Document.Kind.SHEET] if error.why == "binary" else str(error)) from error
    source.seek(0)
    packed = source.read(len(GZIP)) == GZIP
    source.seek(0)
    return Accepted(rules.CSV_GZ if packed else rules.CSV)


def _picture(upload: "File[bytes]", name: str) -> Accepted:
    options = {
        "side": rules.LONGEST_SIDE,
        "thumb": rules.THUMB_SIDE,
        "quality": rules.JPEG_QUALITY,
        "most_pixels": rules.MOST_PIXELS,
    }
    size = pixels(cast("IO[bytes]", upload))
    quick = size is not None and size <= rules.QUICK_PIXELS
    head, _, blobs = _ask("imaging", [json.dumps(options)], upload, name, quick=quick).partition(b"\n")
    said = json.loads(head)
    if "refused" in said:
        raise Refused(name, WHY[said["refused"]])
    large = said["sizes"][0]
    return Accepted(rules.JPEG, blobs[:large], blobs[large:], said["width"], said["height"])


def _ask(engine_name: str, options: list[str], upload: "File[bytes]", name: str, *, quick: bool) -> bytes:
    """Run an engine on the upload; one that dies on it has found the file unreadable. Raises Refused, Busy."""
    try:
        with engine.seat(quick=quick), _opened(upload) as source:
            known = engine_name + engine.QUICK if quick else engine_name
            return engine.run(known, options, source, patience=engine.PATIENCE_WITH_STRANGERS_S)
    except engine.EnginesBusy as error:
        raise Busy(name) from error
    except engine.EngineFailed as error:
        # One file that kills its engine is that file's fault; many in a row are ours.
        logger.warning("upload refused: %s", error)
        raise Refused(name, WHY["broken"]) from error


@contextmanager
def _opened(upload: "File[bytes]") -> Iterator[IO[bytes] | bytes]:
    """Give the bytes of a small upload, of a large one its file, to be handed to a child as it is."""
    path = getattr(upload, "temporary_file_path", None)
    if path is None:
        upload.seek(0)
        yield upload.read()
        return
    with open(path(), "rb") as handle:  # noqa: PTH123 - a plain descriptor for the child
        yield handle
