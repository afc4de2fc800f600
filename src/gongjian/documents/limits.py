"""What may be handed in, in words: said before anybody chooses a file, from the same data that judges it. And where."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise, lazy
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from gongjian.documents import rules
from gongjian.documents.models import Document
from gongjian.text import Unfit

AUDIO = ".m4a,.mp3,.amr,.wav,audio/mp4,audio/mpeg,audio/amr,audio/wav"
PAPERS = ".pdf,.docx,.xlsx"
# For the field that chooses a file: what it offers first. What comes is judged by its content.
ACCEPT = {
    Document.Kind.PHOTO: "image/*",
    Document.Kind.RECORDING: AUDIO,
    Document.Kind.ATTACHMENT: f"image/*,{PAPERS},{AUDIO}",
}


def takes_files[View: Callable[..., Any]](most: int = rules.FILES_MOST) -> Callable[[View], View]:
    """Let a page be sent files, in a request of at most so many bytes; others are sent no more than a long form has."""

    def decorate(view: View) -> View:
        view.largest_body = most  # type: ignore[attr-defined]
        return view

    return decorate


def limits_words(kind: str, most: int = 1) -> str:
    """Return formats, largest size and number of what may be handed in, in the reader's language."""
    image, paper, audio = (rules.LARGEST[one] // rules.MB for one in ("image", "paper", "audio"))
    words = {
        Document.Kind.PHOTO: _("JPEG、PNG、HEIC、WebP，每张最大 %(size)s MB，太大的自动缩小，最多 %(most)s 张。")
        % {"size": image, "most": most},
        Document.Kind.RECORDING: _("m4a、mp3、amr、wav，最大 %(size)s MB（手机录音约半小时），%(most)s 段。")
        % {"size": audio, "most": most},
        Document.Kind.ATTACHMENT: _(
            "照片每张最大 %(image)s MB；PDF、Word（docx）、Excel（xlsx）最大 %(paper)s MB；"
            "录音最大 %(audio)s MB；最多 %(most)s 个。"
        )
        % {"image": image, "paper": paper, "audio": audio, "most": most},
    }
    return words[Document.Kind(kind)]


limits_lazy: Callable[..., str] = lazy(limits_words, str)


def unfit_words(unfit: Unfit) -> Promise:
    """Return which sign of a text cannot be taken, where it stands, and what helps; of a cell, a field or a line."""
    told = gettext_lazy("第 {place} 个字是看不见的控制符 {code}。删掉它，或整段重新输入。")
    return format_lazy(told, place=unfit.place, code=unfit.code)
