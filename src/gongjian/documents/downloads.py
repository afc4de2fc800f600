"""Answering a request with a file. Who may have it is asked by the caller."""

from django.http import FileResponse
from django.utils.csp import CSP
from django.utils.http import content_disposition_header

from gongjian.documents import storage
from gongjian.documents.models import Document

# A stranger's file can do nothing in a browser even if it is opened there.
LOCKED_UP = "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
# Browsers refuse to show any PDF under `sandbox`; ours holds nothing that acts.
OWN_LETTER = "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
SHOWN_INLINE = frozenset({"image/jpeg", "audio/mp4", "audio/mpeg", "audio/wav"})


def file_response(document: Document, inline: bool = False, thumb: bool = False) -> FileResponse:
    """Return the file, shown in place only if it is a picture, a sound or our own letter.

    `thumb` gives the small picture. Raises FileNotFoundError for an erased document.
    """
    if document.erased_at is not None:
        raise FileNotFoundError(document.pk)
    own = document.kind == Document.Kind.LETTER
    shown = inline and (own or document.mime in SHOWN_INLINE)
    path = storage.path_of(document.sha256, thumb=thumb and document.is_image)
    disposition = content_disposition_header(as_attachment=not shown, filename=document.title)
    response = FileResponse(path.open("rb"), content_type=document.mime)
    response["Content-Disposition"] = disposition or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response[str(CSP.HEADER_ENFORCE)] = OWN_LETTER if own else LOCKED_UP
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store" if not thumb else "private, max-age=600"
    return response
