"""The answer as a letter: the words that stand on it besides the answer itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _

from gongjian.casework.models import Case
from gongjian.documents.letters import letter_pdf
from gongjian.domains.hotline.pages.clockface import limit_words
from gongjian.domains.hotline.pages.common import named
from gongjian.identity.queries import units
from gongjian.web.words import day_words
from gongjian.workdays.rules import local_day


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, by whom, when; a draft says so on its face."""

    text: str
    unit_id: int | None
    at: datetime
    draft: bool


def letter_values(case: Case, answer: Answer, *, language: str, now: datetime) -> Mapping[str, Any]:
    """Return the values of the letter in the resident's language; names of people never stand on it."""
    with translation.override(language):
        unit = named(units().by_id.get(answer.unit_id)) if answer.unit_id else ""
        day = local_day(answer.at)
        values: dict[str, Any] = {
            "language": "en" if language.startswith("en") else "zh",
            "issuer": unit or _("公共服务热线 %(line)s") % {"line": settings.HOTLINE_NUMBER},
            "number": case.number if not answer.draft else f"{case.number} {_('（预览，没有发出）')}",
            "title": _("对“%(title)s”的答复") % {"title": case.title},
            "recipient": _("居民您好"),
            "paragraphs": [line.strip() for line in answer.text.splitlines() if line.strip()] or [_("（还没写）")],
            "signer": unit,
            "date": day_words(day, None, with_weekday=False),
            "contact": _("不满意，%(term)s内可以要求复核。查进度、要求复核：凭件号和查询码上网，或打 %(line)s。")
            % {"term": limit_words("hotline.reopen", case, now), "line": settings.HOTLINE_NUMBER},
            "created": answer.at.replace(microsecond=0),
        }
        link = _track_url()
        return {**values, "link": link} if link else values


def _track_url() -> str:
    try:
        return f"{settings.PUBLIC_URL}{reverse('hotline:track')}"
    except NoReverseMatch:
        return ""


def letter_response(case: Case, answer: Answer, *, language: str, now: datetime) -> HttpResponse:
    """Return the letter as a PDF to be looked at or kept. Errors: `documents.letters.LetterFailed`."""
    pdf = letter_pdf("reply", letter_values(case, answer, language=language, now=now))
    name = f"{case.number}{'-draft' if answer.draft else ''}.pdf"
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = (
        content_disposition_header(as_attachment=not answer.draft, filename=name) or "inline"
    )
    return response
