"""Drafts of staff, each found by its form and by who writes it."""

from typing import Final

from gongjian.domains.hotline.models import IntakeDraft, ReplyDraft

MOST_SHOWN: Final = 5  # drafts that are offered beside a form


def intake_draft(token: str, user_id: int) -> IntakeDraft | None:
    """Return a form of this call-taker, whether it has become a case or not."""
    return IntakeDraft.objects.filter(pk=token, user=user_id).first()


def intake_drafts(user_id: int) -> list[IntakeDraft]:
    """Return the unfinished forms of a call-taker, newest first."""
    return list(IntakeDraft.objects.filter(user=user_id, sent=None).order_by("-saved_at")[:MOST_SHOWN])


def latest_call(user_id: int) -> IntakeDraft | None:
    """Return the form that became a case last."""
    return IntakeDraft.objects.filter(user=user_id, sent__isnull=False).order_by("-saved_at").first()


def reply_draft(*, case_id: int, user_id: int) -> ReplyDraft | None:
    """Return the newest of what a handler has typed about a case."""
    return ReplyDraft.objects.filter(case=case_id, user=user_id).order_by("-saved_at", "-pk").first()
