"""What the hotline keeps beside the case, one file a matter; whoever needs a table asks here."""

from gongjian.domains.hotline.models.requests import (
    CallAttempt,
    DispatchRule,
    EmergencyWord,
    Extension,
    IntakeDraft,
    Notice,
    RejectReason,
    Reply,
    ReplyDraft,
    Return,
    ServiceHours,
    ServiceRequest,
)

__all__ = [
    "CallAttempt",
    "DispatchRule",
    "EmergencyWord",
    "Extension",
    "IntakeDraft",
    "Notice",
    "RejectReason",
    "Reply",
    "ReplyDraft",
    "Return",
    "ServiceHours",
    "ServiceRequest",
]
