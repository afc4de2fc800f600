"""What the API remembers for a day or less: answers already given, signatures already seen, how often somebody came."""

from django.db import models

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
