"""The one spine of everything somebody waits for: case, parties, clocks, events and their words."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models.functions import Now

from gongjian.workdays.rules import Unit as TermUnit


class Topic(models.Model):
    """What a matter is about; two levels, owned by a domain."""

    code = models.CharField(max_length=40, unique=True)
    domain = models.CharField(max_length=20)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    name_zh = models.CharField(max_length=40)
    name_en = models.CharField(max_length=80)
    pinyin = models.CharField(max_length=200)  # full pinyin, a space, initials
    active = models.BooleanField(default=True)
    order = models.PositiveSmallIntegerField(default=0)
    restricted = models.BooleanField(db_default=False)  # its cases are shown to their few readers alone


class Case(models.Model):
    """One matter: everything desks filter and sort by stands in this row, so that one index serves a screen."""

    class Urgency(models.IntegerChoices):
        ORDINARY = 0
        URGENT = 1
        EMERGENCY = 2

    class Confidentiality(models.IntegerChoices):
        OPEN = 0
        CONFIDENTIAL = 1

    number = models.CharField(max_length=20, unique=True)
    kind = models.CharField(max_length=40)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=30)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, db_default=Urgency.ORDINARY)
    title = models.CharField(max_length=80)
    channel = models.CharField(max_length=20)
    community = models.ForeignKey("places.Community", null=True, on_delete=models.PROTECT)
    cell = models.CharField(max_length=16, db_default="")  # h3, resolution 9
    holder_unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, db_index=False)
    holder = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, db_index=False)
    confidentiality = models.PositiveSmallIntegerField(choices=Confidentiality, db_default=Confidentiality.OPEN)
    restricted = models.BooleanField(db_default=False)  # as its topic is
    opened_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)  # of the nearest running clock
    closed_at = models.DateTimeField(null=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT)
    version = models.PositiveIntegerField(db_default=1)

    class Meta:
        indexes = [
            # "my unit holds, by deadline": open cases only, a tenth of the table. `restricted` stands in what lists are
            # counted by, so that leaving restricted cases out reads nothing else.
            models.Index(
                fields=["holder_unit", "due_at", "id"],
                name="case_unit_due",
                include=["restricted"],
                condition=models.Q(closed_at=None),
            ),
            models.Index(
                fields=["state", "due_at", "id"],
                name="case_state_due",
                include=["restricted"],
                condition=models.Q(closed_at=None),
            ),
            models.Index(
                fields=["holder", "holder_unit", "due_at", "id"],
                name="case_mine_due",
                include=["restricted"],
                condition=models.Q(closed_at=None),
            ),
            models.Index(
                fields=["due_at", "id"], name="case_due", include=["restricted"], condition=models.Q(closed_at=None)
            ),
            # everything of a unit, newest first
            models.Index(fields=["holder_unit", "-id"], name="case_unit_new"),
            models.Index(fields=["holder_unit", "state", "-id"], name="case_unit_state_new"),
            models.Index(fields=["state", "-id"], name="case_state_new"),
            models.Index(fields=["cell", "-id"], name="case_cell_open", condition=models.Q(closed_at=None)),
            models.Index(fields=["opened_at", "topic", "community"], name="case_opened", include=["restricted"]),
            models.Index(fields=["id"], name="case_restricted", condition=models.Q(restricted=True)),  # a few
            # the sweep that archives
            models.Index(fields=["state", "closed_at"], name="case_state_closed", condition=~models.Q(closed_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                name="case_closed_after_opened",
                condition=models.Q(closed_at=None) | models.Q(closed_at__gte=models.F("opened_at")),
            ),
            models.CheckConstraint(
                name="case_closed_has_no_deadline", condition=models.Q(closed_at=None) | models.Q(due_at=None)
            ),
        ]


class CaseParty(models.Model):
    """Who asked, and for whom: a snapshot for this case, never a register of citizens."""

    retention = "case-contact"
    subject_export = ("role", "anonymous", "consent_contact", "created_at")

    class Role(models.TextChoices):
        REQUESTER = "requester"
        BENEFICIARY = "beneficiary"  # on whose behalf

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties")
    role = models.CharField(max_length=20, choices=Role)
    contact = models.ForeignKey("parties.Contact", null=True, on_delete=models.SET_NULL)
    person = models.ForeignKey("parties.Person", null=True, on_delete=models.SET_NULL, db_index=False)
    anonymous = models.BooleanField()
    consent_contact = models.BooleanField()  # the handling unit may call
    notify = models.BooleanField()
    language = models.CharField(max_length=10)
    receipt_index = models.BinaryField(max_length=16, null=True)  # keyed hash of the receipt code
    created_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["person", "-id"], name="party_person", condition=~models.Q(person=None)),
            models.Index(fields=["receipt_index"], name="party_receipt"),
        ]
        constraints = [
            models.CheckConstraint(
                name="party_anonymous_has_no_contact", condition=models.Q(anonymous=False) | models.Q(contact=None)
            )
        ]


class CaseEvent(models.Model):
    """What happened, in order; nobody can rewrite it. Its words live in `EventText`, which retention may erase.

    Every move pays for every index here: there is none that no page reads by.
    """

    append_only = True

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events", db_index=False)
    move = models.CharField(max_length=30)
    public = models.BooleanField()
    actor_kind = models.CharField(max_length=10)
    actor = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, db_index=False)
    unit = models.ForeignKey(  # of the actor
        "identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    party = models.ForeignKey(CaseParty, null=True, on_delete=models.SET_NULL)
    channel = models.CharField(max_length=20)
    before = models.CharField(max_length=30)
    after = models.CharField(max_length=30)
    from_unit = models.ForeignKey(
        "identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    to_unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    due_at = models.DateTimeField(null=True)  # the case's deadline after the move
    at = models.DateTimeField()
    written_at = models.DateTimeField(db_default=Now())
    digest = models.BinaryField(max_length=32)  # salted, of the words: survives their erasure

    class Meta:
        indexes = [
            models.Index(fields=["case", "id"], name="event_case"),
            BrinIndex(fields=["at"], name="event_at"),
            models.Index(fields=["move", "at"], name="event_move_at"),
        ]


class EventText(models.Model):
    """The words of an event, for the public or for those inside."""

    retention = "case-words"

    event = models.ForeignKey(CaseEvent, on_delete=models.PROTECT, related_name="texts", db_index=False)
    public = models.BooleanField()
    body = models.TextField()
    salt = models.BinaryField(max_length=16)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "public"], name="event_text_once")]


class CaseClock(models.Model):
    """One running term of a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="clocks", db_index=False)
    name = models.CharField(max_length=30)
    limit_key = models.CharField(max_length=60)
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    provisional = models.BooleanField()  # the year's working days were not announced yet
    paused_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(db_default=0)  # reminders already sent
    next_step_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["case", "id"], name="clock_case"),
            models.Index(
                fields=["next_step_at"],
                name="clock_next_step",
                condition=models.Q(stopped_at=None, paused_at=None) & ~models.Q(next_step_at=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "name"], name="clock_runs_once", condition=models.Q(stopped_at=None)
            ),
            models.CheckConstraint(
                name="clock_due_after_start", condition=models.Q(due_at__gte=models.F("started_at"))
            ),
        ]


class ClockPause(models.Model):
    """A span in which a clock stood still, with the proof that it might."""

    clock = models.ForeignKey(CaseClock, on_delete=models.CASCADE, related_name="pauses")
    paused_at = models.DateTimeField()
    resumed_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["clock"], name="clock_pauses_once", condition=models.Q(resumed_at=None)),
            models.CheckConstraint(
                name="pause_ends_after_start",
                condition=models.Q(resumed_at=None) | models.Q(resumed_at__gte=models.F("paused_at")),
            ),
        ]


class CaseText(models.Model):
    """One search vector a case: character bigrams and lexemes of unit, state, topic and kind."""

    retention = "case-words"

    case = models.OneToOneField(Case, primary_key=True, on_delete=models.CASCADE, related_name="text")
    grams = SearchVectorField()

    class Meta:
        indexes = [GinIndex(fields=["grams"], name="case_text_grams", fastupdate=True)]


class CaseShare(models.Model):
    """A unit that helps with a case it does not hold."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="shares")
    unit = models.ForeignKey("identity.Unit", on_delete=models.PROTECT, db_index=False)
    since = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "case"], name="share_once")]


class CaseDocument(models.Model):
    """A document that came with an event of a case."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="documents", db_index=False)
    document = models.ForeignKey("documents.Document", on_delete=models.PROTECT)
    event = models.ForeignKey(CaseEvent, on_delete=models.PROTECT)
    public = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "document"], name="case_document_once")]


class RevealGrant(models.Model):
    """Leave to see one party's contact data, for a purpose, for fifteen minutes."""

    retention = "access-record"
    append_only = True

    party = models.ForeignKey(CaseParty, on_delete=models.CASCADE, db_index=False)
    user = models.ForeignKey("identity.User", on_delete=models.PROTECT)
    purpose = models.CharField(max_length=100)
    granted_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["party", "user", "ends_at"], name="grant_party_user")]


class Term(models.Model):
    """How long a limit is, from when, and by which source: data, never code."""

    key = models.CharField(max_length=60)
    urgency = models.PositiveSmallIntegerField(choices=Case.Urgency)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=20, choices=[(u.value, u.value) for u in TermUnit])
    valid = DateRangeField()
    source = models.CharField(max_length=200)  # what prescribes it here; empty where the district sets it itself
    modelled_on = models.CharField(max_length=200, default="", db_default="")  # what it was taken after: no basis

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="one_term_at_a_time",
                expressions=[
                    ("key", RangeOperators.EQUAL),
                    ("urgency", RangeOperators.EQUAL),
                    ("valid", RangeOperators.OVERLAPS),
                ],
            )
        ]


class Reminder(models.Model):
    """When somebody is told that a clock runs low or has run out; dated rows for each limit."""

    class When(models.TextChoices):
        SHARE = "share"  # a share of the term has passed, in percent
        AFTER = "after"  # so long after the term's end

    key = models.CharField(max_length=60)
    when = models.CharField(max_length=10, choices=When)
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=20, default="")  # of `amount` for AFTER
    move = models.CharField(max_length=30)  # what the sweep does then
    valid = DateRangeField()
    source = models.CharField(max_length=200)  # as of a term
    modelled_on = models.CharField(max_length=200, default="", db_default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["key", "when", "amount", "unit", "valid"], name="reminder_once"),
        ]


class Tally(models.Model):
    """How many cases stand where: the sum of all that `TallyDelta` ever said."""

    kind = models.CharField(max_length=40)
    topic = models.ForeignKey(Topic, null=True, on_delete=models.PROTECT)
    unit = models.ForeignKey("identity.Unit", null=True, on_delete=models.PROTECT)
    community = models.ForeignKey("places.Community", null=True, on_delete=models.PROTECT)
    state = models.CharField(max_length=30)
    n = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "topic", "unit", "community", "state"], name="tally_once", nulls_distinct=False
            )
        ]


class TallyDelta(models.Model):
    """A change of the tally, written with the move; a sweep folds it in. Inserting never waits for another writer."""

    kind = models.CharField(max_length=40)
    topic_id = models.BigIntegerField(null=True)
    unit_id = models.BigIntegerField(null=True)
    community_id = models.BigIntegerField(null=True)
    state = models.CharField(max_length=30)
    n = models.SmallIntegerField()
