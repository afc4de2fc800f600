from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from gongjian.notify import rules
from gongjian.notify.models import Urgency

HERE = ZoneInfo("Asia/Shanghai")


def at(hour, minute=0, second=0):
    return datetime(2026, 11, 23, hour, minute, second, tzinfo=HERE)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        (at(9), at(9)),
        (at(20, 59, 59), at(20, 59, 59)),
        (at(21), at(9) + timedelta(days=1)),
        (at(23, 59), at(9) + timedelta(days=1)),
        (at(0), at(9)),
        (at(8, 59, 59), at(9)),
    ],
)
def test_a_text_message_leaves_between_nine_and_twenty_one(now, leaves):
    assert rules.due_at("sms", "ordinary", now) == leaves
    assert rules.due_at("email", "ordinary", now) == now
    assert rules.due_at("sms", "urgent", now) == now
    assert rules.due_at("sms", "code", now) == now


def test_the_words_of_the_rules_are_those_of_the_model():
    assert set(Urgency.values) > rules.NEVER_QUIET
