"""What the API remembers: answers given, signatures seen, how often a key came; and whom it tells of what happens."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from gongjian.sealing.fields import SealedTextField


class Answer(models.Model):
    """The answer to a request with an idempotency key, given again when the request comes again."""

    retention = "idempotent-answer"

    key = models.BinaryField(max_length=32, primary_key=True)  # SHA-256 of caller, route and Idempotency-Key
    body_digest = models.BinaryField(max_length=32)  # of the request's body
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    location = models.CharField(max_length=300)
    content = SealedTextField()
    created_at = models.DateTimeField(db_index=True)


class SeenSignature(models.Model):
    """A signed message we have taken in; the same one is not taken twice."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    seen_at = models.DateTimeField(db_index=True)


class Limit(models.Model):
    """How much of a caller's allowance is used: it is used up while `full_at` lies a minute ahead.

    An unlogged table: after a crash of the database everybody may start anew.
    """

    pk = models.CompositePrimaryKey("bucket", "key")
    bucket = models.CharField(max_length=30)
    key = models.BinaryField(max_length=16)  # keyed hash of an address, a telephone number or an API key
    full_at = models.DateTimeField()


class KeyUse(models.Model):
    """When a program's key was used last; written once a minute at most."""

    key = models.OneToOneField("identity.ApiKey", primary_key=True, on_delete=models.CASCADE, related_name="use")
    used_at = models.DateTimeField()


class Subscription(models.Model):
    """A program's address that is told what happens to the cases in reach of its key."""

    retention = "program-link"

    class Stopped(models.TextChoices):
        """Why nothing is sent."""

        BY_HAND = "hand", _("人工停用")
        FAILING = "failing", _("长时间送不到")
        KEY = "key", _("密钥停用或过期")
        GONE = "gone", _("对方说不再接收")

    key = models.ForeignKey("identity.ApiKey", on_delete=models.CASCADE, related_name="subscriptions")
    name = models.CharField(max_length=60)
    url = models.CharField(max_length=500)
    kinds = ArrayField(models.CharField(max_length=40), default=list)  # empty: all
    moves = ArrayField(models.CharField(max_length=30), default=list)  # empty: all
    secret = SealedTextField()
    old_secret = SealedTextField(null=True)  # signs beside the new one until `old_until`
    old_until = models.DateTimeField(null=True)
    active = models.BooleanField(default=True)
    stopped = models.CharField(max_length=10, choices=Stopped, blank=True, default="")
    position = models.BigIntegerField()  # the newest event looked at; all up to it are on their way
    since = models.DateTimeField()  # what happened before is not told: records loaded later speak of years ago
    failures = models.PositiveIntegerField(default=0)  # in a row
    failing_since = models.DateTimeField(null=True)
    quiet_until = models.DateTimeField(null=True)  # after failures nobody knocks before
    lease = models.UUIDField(null=True)  # of the worker that is sending
    leased_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey("identity.User", null=True, on_delete=models.PROTECT, related_name="+")


class Delivery(models.Model):
    """One event on its way to one subscription; the body holds no contact data."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等着送")
        SENT = "sent", _("送到了")
        GIVEN_UP = "given_up", _("放弃了")

    subscription = models.ForeignKey(Subscription, on_delete=models.CASCADE, related_name="deliveries")
    event_id = models.BigIntegerField()  # of casework, which stands above this floor
    case_id = models.BigIntegerField()
    number = models.CharField(max_length=20)
    move = models.CharField(max_length=30)
    body = models.TextField()  # exactly what is signed and sent
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)  # what the last try was answered
    error = models.CharField(max_length=200, blank=True, default="")
    happened_at = models.DateTimeField()
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subscription", "event_id"], name="delivery_once")]
        indexes = [
            models.Index(
                fields=["subscription", "event_id"], name="delivery_waiting", condition=models.Q(state="waiting")
            ),
            # is an earlier event of the same case still on its way
            models.Index(
                fields=["subscription", "case_id", "event_id"],
                name="delivery_order",
                condition=models.Q(state="waiting"),
            ),
            models.Index(fields=["subscription", "state", "-id"], name="delivery_log"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]
