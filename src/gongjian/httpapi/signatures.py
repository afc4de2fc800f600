"""Messages that other programs sign: exchange with other hotlines, delivery reports, devices."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from gongjian.httpapi import rules
from gongjian.httpapi.models import SeenSignature
from gongjian.httpapi.problems import Problem

TIMESTAMP = "X-Gongjian-Timestamp"  # seconds since 1970
SIGNATURE = "X-Gongjian-Signature"  # sha256=<hex>; several, parted by commas, while a secret is being changed


def check(request: HttpRequest, secrets: Sequence[bytes], at: datetime) -> None:
    """Let a signed request pass, once; raises Problem 401 for a wrong or old signature, 409 for one seen before.

    `secrets` are those in force, two while one is being changed. Remember it inside the transaction of the act, so
    that a message whose act failed may come again.
    """
    timestamp = request.headers.get(TIMESTAMP, "")
    if not rules.is_fresh(timestamp, at):
        raise Problem(401, "signature-time", _("时间戳与我们的时钟相差超过 5 分钟，或没有写。"))
    given = [part.strip() for part in request.headers.get(SIGNATURE, "").split(",")[:5]]
    for secret in secrets:
        good = rules.signature(secret, timestamp, request.body)
        if any(hmac.compare_digest(good.encode(), part.encode()) for part in given):
            _remember(good, at)
            return
    raise Problem(401, "signature", _("签名不对。签的是“时间戳.正文”，算法 HMAC-SHA256。"))


def _remember(good: str, at: datetime) -> None:
    digest = hashlib.sha256(good.encode()).digest()
    _row, created = SeenSignature.objects.get_or_create(digest=digest, defaults={"seen_at": at})
    if not created:
        raise Problem(409, "replay", _("这条消息已经收过了。"))
