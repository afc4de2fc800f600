"""Files made on the spot: good ones, broken ones and traps."""

import io
import struct
import wave
import zipfile
import zlib

import pillow_heif
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

GPS = {1: "N", 2: (22.0, 33.0, 27.5), 3: "E", 4: (114.0, 14.0, 12.5)}
SECRET = b"SECRET-WORD"


def picture(size=(800, 600)):
    image = Image.new("RGB", size, "white")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))  # upper left
    return image


def exif(orientation=1):
    data = Image.Exif()
    data[0x0112] = orientation
    data[0x010F] = SECRET.decode()  # maker
    data[0x9286] = SECRET.decode()
    data.get_ifd(0x8825).update(GPS)
    return data


def jpeg(size=(800, 600), orientation=1):
    out = io.BytesIO()
    picture(size).save(
        out,
        "JPEG",
        exif=exif(orientation),
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
        comment=SECRET,
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + SECRET + b"</x:xmpmeta>",
    )
    return out.getvalue()


def png(size=(800, 600), mode="RGBA"):
    out, info = io.BytesIO(), PngInfo()
    info.add_text("Comment", SECRET.decode())
    image = Image.new("RGBA", size, (0, 0, 0, 0)) if mode == "RGBA" else Image.new(mode, size)
    image.save(out, "PNG", pnginfo=info, exif=exif())
    return out.getvalue()


def image(kind, size, mode="RGB", **facts):
    """Return a picture of one colour."""
    out = io.BytesIO()
    Image.new(mode, size, 100).save(out, kind, **facts)
    return out.getvalue()


def webp():
    out = io.BytesIO()
    picture().save(out, "WEBP", exif=exif())
    return out.getvalue()


def heic():
    out = io.BytesIO()
    pillow_heif.from_pillow(picture()).save(out, exif=exif().tobytes())
    return out.getvalue()


def png_bomb(side=60_000):
    """A few bytes that claim to be a picture of 3,600 megapixels."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def pdf(inside=b"", tail=b"startxref\n9\n%%EOF\n"):
    return b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog " + inside + b" >>\nendobj\n" + tail


def pdf_with_object_stream(inside):
    packed = zlib.compress(inside)
    return (
        b"%PDF-1.7\n2 0 obj\n<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >>\nstream\n"
        + packed
        + (b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n")
    )


def office(main="word/document.xml", extra=(), content=b"<w:document/>"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("[Content_Types].xml", "<Types/>")
        pack.writestr(main, content)
        for name, data in extra:
            pack.writestr(name, data)
    return out.getvalue()


def wav():
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(b"\0\0" * 800)
    return out.getvalue()


def mp3(tag=b""):
    head = bytes([0xFF, 0xFB, 0x90, 0x64])  # layer III, 128 kbit/s, 44.1 kHz
    frame = head + b"\0" * (144 * 128_000 // 44_100 - 4)
    return tag + frame * 4


def box(name, content):
    return struct.pack(">I", 8 + len(content)) + name + content


def m4a(*handlers, brand=b"M4A "):
    tracks = b"".join(
        box(b"trak", box(b"mdia", box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13))) for handler in handlers
    )
    return box(b"ftyp", brand + b"\0\0\0\0" + brand) + box(b"moov", tracks)


AMR = b"#!AMR\n" + b"\x3c" + b"\0" * 31
