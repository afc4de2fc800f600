"""What a reader finds on the paper we set."""

import io

from pypdf import PdfReader


def pdf_text(content: bytes) -> str:
    """Return the words of a PDF, page after page, as a reader would copy them."""
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
