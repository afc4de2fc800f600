"""Cases that follow their topic, where it becomes restricted or is so no longer."""

from typing import Final

from django.db import connection

from gongjian.casework.models import Topic

# The tally counts no restricted case. A change of it holds a small number: many cases are several changes.
FOLLOW: Final = """
with turned as (
    update casework_case set restricted = %(restricted)s, version = version + 1
    where topic_id = %(topic)s and restricted <> %(restricted)s
    returning id, kind, topic_id, holder_unit_id, community_id, state
)
insert into casework_tallydelta (kind, topic_id, unit_id, community_id, state, n)
select kind, topic_id, holder_unit_id, community_id, state, %(sign)s * count(*)
from turned group by 1, 2, 3, 4, 5, id / 20000
"""


def follow_topic(topic: Topic) -> None:
    """Let every case of a topic be restricted as the topic is, counted in or out: one statement.

    Meant for the transaction that changes the topic. Writers wait for its end, so that none opens a case by what the
    topic said before.
    """
    with connection.cursor() as cursor:
        cursor.execute("lock table casework_case in share row exclusive mode")
        values = {"topic": topic.pk, "restricted": topic.restricted, "sign": -1 if topic.restricted else 1}
        cursor.execute(FOLLOW, values)
