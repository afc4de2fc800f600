"""Who acts here: units, people, their roles for a time, their sessions, and programs with a key."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeBoundary, RangeOperators
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from gongjian.sealing.fields import SealedTextField


class TsTzRange(models.Func):
    """The range of two moments; a missing end is open."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


def span() -> TsTzRange:
    """Return the time a row is in force, its start included and its end not."""
    return TsTzRange("starts", "ends", RangeBoundary())


class Unit(models.Model):
    """A body that holds matters or has people here; real public bodies come from data/units.toml."""

    class Kind(models.TextChoices):
        COMMITTEE = "committee"  # 区委部门
        BUREAU = "bureau"  # 区政府部门及驻区机构
        SUBDISTRICT = "subdistrict"  # 街道办
        POLICE = "police"
        MASS = "mass"  # 群团组织
        UTILITY = "utility"  # 公用事业企业
        ENTERPRISE = "enterprise"
        CENTRE = "centre"  # 运营单位

    code = models.CharField(max_length=40, unique=True)
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=120)
    short_zh = models.CharField(max_length=20)
    pinyin = models.CharField(max_length=300, blank=True, default="")  # what a Latin keyboard finds it by
    short_en = models.CharField(max_length=60)
    kind = models.CharField(max_length=20, choices=Kind)
    parent = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="children")
    subdistrict = models.ForeignKey("places.Subdistrict", null=True, on_delete=models.PROTECT)
    backstop = models.BooleanField(default=False)  # takes what nobody else must
    active = models.BooleanField(default=True)
    closed_at = models.DateTimeField(null=True)
    # Where the open matters of a merged unit went, and where rules that still name it lead.
    successor = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="predecessors")
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["backstop"], condition=models.Q(backstop=True), name="unit_one_backstop")
        ]


class UnitName(models.Model):
    """A name a unit bore until it was renamed; old letters show it."""

    unit = models.ForeignKey(Unit, on_delete=models.CASCADE, related_name="former_names")
    name_zh = models.CharField(max_length=60)
    name_en = models.CharField(max_length=120)
    short_zh = models.CharField(max_length=20)
    short_en = models.CharField(max_length=60)
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["unit", "-until"], name="unitname_unit")]


class ReferenceVersion(models.Model):
    """One row, changed with every change of units, roles and rights: processes know when to read again."""

    version = models.UUIDField()


class UserManager(BaseUserManager["User"]):
    """People are made by identity.actions; Django asks only for the look-up by name."""

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username=username)


class User(AbstractBaseUser):
    """Somebody who signs in: staff with a password, a resident with a code to the phone; a program has a key."""

    retention = "account"
    subject_export = ("username", "name", "name_en", "email", "language", "mode", "created_at", "signed_in_at")

    class Kind(models.TextChoices):
        STAFF = "staff"
        RESIDENT = "resident"
        PROGRAM = "program"

    class Mode(models.TextChoices):
        NORMAL = "normal"
        ELDER = "elder"

    class Contrast(models.TextChoices):
        NORMAL = "normal"
        MORE = "more"

    last_login = None  # signed_in_at is written by our own act, with the time it is given
    username = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=40, blank=True)
    name_en = models.CharField(max_length=60, blank=True)
    pinyin = models.CharField(max_length=200, blank=True, default="", db_default="")  # for a Latin keyboard
    kind = models.CharField(max_length=10, choices=Kind)
    email = models.CharField(max_length=120, null=True, unique=True)  # the work address, in lower case
    phone = SealedTextField(null=True)
    phone_index = models.BinaryField(max_length=16, null=True)
    # The profile of a signed-in resident in parties, written when it is made there; a number, for parties is above.
    person_id = models.BigIntegerField(null=True, unique=True)
    language = models.CharField(max_length=10, default="zh-hans")
    mode = models.CharField(max_length=10, choices=Mode, default=Mode.NORMAL)
    text_step = models.PositiveSmallIntegerField(default=1)  # 1 to 3
    contrast = models.CharField(max_length=10, choices=Contrast, default=Contrast.NORMAL)
    single_keys = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    signed_in_at = models.DateTimeField(null=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["phone_index"], condition=models.Q(kind="resident"), name="user_resident_phone"
            ),
            models.CheckConstraint(name="user_text_step", condition=models.Q(text_step__gte=1, text_step__lte=3)),
        ]
        indexes = [models.Index(fields=["kind", "username"], name="user_kind_name")]


class Role(models.Model):
    """A desk. Code never asks for a role, only for the rights it gives."""

    code = models.CharField(max_length=30, unique=True)
    name_zh = models.CharField(max_length=20)
    name_en = models.CharField(max_length=40)
    order = models.PositiveSmallIntegerField(default=0)
    second_factor = models.BooleanField(default=False)  # its rights wait for a second factor where that is enforced


class RoleRight(models.Model):
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="rights")
    right = models.CharField(max_length=60)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "right"], name="roleright_once")]


class KnownRight(models.Model):
    """A right whose roles were written once as shipped; from then on who has it is for administrators to say."""

    right = models.CharField(max_length=60, unique=True)


class Assignment(models.Model):
    """A user has a role in a unit, for a time."""

    retention = "account"
    subject_export = ("unit_id", "role_id", "starts", "ends")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="assignments")
    unit = models.ForeignKey(Unit, on_delete=models.PROTECT, related_name="assignments")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="assignments")
    starts = models.DateTimeField()
    ends = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="assignment_no_overlap",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    ("unit", RangeOperators.EQUAL),
                    ("role", RangeOperators.EQUAL),
                    (span(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(
                name="assignment_ends_after_start",
                condition=models.Q(ends=None) | models.Q(ends__gt=models.F("starts")),
            ),
        ]


class Deputy(models.Model):
    """While one is away another holds the same roles in the same units."""

    retention = "account"
    subject_export = ("absent_id", "starts", "ends")

    absent = models.ForeignKey(User, on_delete=models.CASCADE, related_name="deputies")
    deputy = models.ForeignKey(User, on_delete=models.CASCADE, related_name="deputises_for")
    starts = models.DateTimeField()
    ends = models.DateTimeField()

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="deputy_no_overlap",
                expressions=[
                    ("absent", RangeOperators.EQUAL),
                    ("deputy", RangeOperators.EQUAL),
                    (span(), RangeOperators.OVERLAPS),
                ],
            ),
            models.CheckConstraint(name="deputy_ends_after_start", condition=models.Q(ends__gt=models.F("starts"))),
            models.CheckConstraint(name="deputy_is_another", condition=~models.Q(absent=models.F("deputy"))),
        ]


class Session(AbstractBaseSession):
    """A signed-in browser. `session_key` holds a digest: the cookie's value stands nowhere on the server."""

    retention = "session"
    subject_export = ("ip", "agent", "created", "seen")

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="sessions")
    ip = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200)
    created = models.DateTimeField()
    seen = models.DateTimeField()


class ApiKey(models.Model):
    """A program's key: its digest, what it may do, for which unit."""

    hash = models.BinaryField(max_length=32, unique=True)  # SHA-256 of a random key of 256 bits
    prefix = models.CharField(max_length=12)  # shown, to tell keys apart
    name = models.CharField(max_length=60)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")  # of kind program
    unit = models.ForeignKey(Unit, null=True, on_delete=models.PROTECT)
    rights = ArrayField(models.CharField(max_length=60))
    per_minute = models.PositiveIntegerField(default=120)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)


class SignInCode(models.Model):
    """A code sent to a phone: good for five minutes, five tries, one use."""

    retention = "sign-in-code"

    phone_index = models.BinaryField(max_length=16)
    digest = models.BinaryField(max_length=32)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["phone_index", "-id"], name="signincode_phone")]


class Installation(models.Model):
    """One row: how far this installation has come."""

    set_up_at = models.DateTimeField(null=True)  # the set-up list was closed
    demonstration_left_at = models.DateTimeField(null=True)
    demonstration_files_gone_at = models.DateTimeField(null=True)  # files go after rows; killed between, it goes on


class SetupLink(models.Model):
    """The way in for the first administrator: one use, one day, void once there is an administrator."""

    digest = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class SetupStep(models.Model):
    """A line of the set-up list that an administrator ticked off."""

    code = models.CharField(max_length=30, unique=True)
    user = models.ForeignKey(User, null=True, on_delete=models.SET_NULL)
    done_at = models.DateTimeField()


class WipedTable(models.Model):
    """The proof of leaving the demonstration: what a table held before and after."""

    name = models.CharField(max_length=80, unique=True)
    before = models.BigIntegerField()
    after = models.BigIntegerField()
    kept = models.BooleanField()  # reference data, the record, or accounts that were kept
