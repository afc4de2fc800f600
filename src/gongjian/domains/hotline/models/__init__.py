"""What the hotline keeps beside the case, one file a matter; whoever needs a table asks here."""

from gongjian.domains.hotline.models.drafts import FormerIntakeDraft, IntakeDraft, ReplyDraft
from gongjian.domains.hotline.models.everyday import (
    CallerRestriction,
    ListExport,
    ListPage,
    ReplyEvidence,
    ReplyTemplate,
    ReplyWording,
    SavedFilter,
)
from gongjian.domains.hotline.models.following import Follower
from gongjian.domains.hotline.models.imports import (
    ImportBatch,
    ImportChange,
    ImportedCase,
    ImportedClock,
    ImportFault,
    ImportKept,
    ImportRow,
)
from gongjian.domains.hotline.models.offline import Sending
from gongjian.domains.hotline.models.open311 import (
    AttributeAnswer,
    OpenService,
    ProgramReport,
    ProgramUpdate,
    ServiceAttribute,
    TrialReport,
)
from gongjian.domains.hotline.models.reference import EverydayWord, TopicHeir
from gongjian.domains.hotline.models.requests import (
    CallAttempt,
    DispatchRule,
    EmergencyWord,
    Extension,
    Notice,
    RejectReason,
    Reply,
    Return,
    ServiceHours,
    ServiceRequest,
)

__all__ = [
    "AttributeAnswer",
    "CallAttempt",
    "CallerRestriction",
    "DispatchRule",
    "EmergencyWord",
    "EverydayWord",
    "Extension",
    "Follower",
    "FormerIntakeDraft",
    "ImportBatch",
    "ImportChange",
    "ImportFault",
    "ImportKept",
    "ImportRow",
    "ImportedCase",
    "ImportedClock",
    "IntakeDraft",
    "ListExport",
    "ListPage",
    "Notice",
    "OpenService",
    "ProgramReport",
    "ProgramUpdate",
    "RejectReason",
    "Reply",
    "ReplyDraft",
    "ReplyEvidence",
    "ReplyTemplate",
    "ReplyWording",
    "Return",
    "SavedFilter",
    "Sending",
    "ServiceAttribute",
    "ServiceHours",
    "ServiceRequest",
    "TopicHeir",
    "TrialReport",
]
