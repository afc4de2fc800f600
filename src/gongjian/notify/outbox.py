"""The one statement that puts messages and their jobs into the database.

Recipients are found, texts chosen by each one's language, rows written and jobs deferred in one round trip and one
transaction. A job row is what `deliver.defer()` would write; a test compares the two.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from gongjian.identity.models import Assignment, Deputy, RoleRight, User
from gongjian.notify import rules
from gongjian.notify.kinds import is_fixed
from gongjian.notify.models import Message, NoticePreference, QuietHours, State, Urgency
from gongjian.notify.recipients import Recipient, ToContact, ToPhone, ToUser
from gongjian.notify.wording import Words
from gongjian.parties.models import Contact

QUEUE = "notices"
TASK = "gongjian.notify.tasks.deliver"
PRIORITY = {Urgency.CODE: 20, Urgency.URGENT: 10, Urgency.ORDINARY: 0}

USER, CONTACT, MESSAGE = User._meta.db_table, Contact._meta.db_table, Message._meta.db_table
PREFERENCE, QUIET = NoticePreference._meta.db_table, QuietHours._meta.db_table
ASSIGNMENT, DEPUTY = Assignment._meta.db_table, Deputy._meta.db_table
ROLE_RIGHT = RoleRight._meta.db_table

LANGUAGE = "case when {} like 'en%%' then 'en' else 'zh-hans' end"
CHOSEN = f"""(select p."on" from {PREFERENCE} p where not %(fixed)s
    and p.user_id = u.id and p.kind = %(template)s and p.channel = {{}})"""

# What is urgent cannot be switched off. Text messages go to residents, to staff only on wish or when urgent.
USER_CHANNELS = f"""array_remove(array[
    case when %(pressing)s or coalesce({CHOSEN.format("'site'")}, true) then 'site' end,
    case when u.phone_index is not null and (%(pressing)s or coalesce({CHOSEN.format("'sms'")}, u.kind = 'resident'))
        then 'sms' end,
    case when u.email <> '' and coalesce({CHOSEN.format("'email'")}, false) then 'email' end], null)"""

USERS = f"""select u.id, null::bigint, null::bytea, 'u' || u.id, {LANGUAGE.format("u.language")}, {USER_CHANNELS},
        q.starts, q.ends, true
    from {USER} u left join {QUIET} q on q.user_id = u.id where u.is_active and """

OF_UNIT = f"""u.id in (
    select unnest(array[a.user_id, d.deputy_id])
    from {ASSIGNMENT} a
    join {ROLE_RIGHT} r on r.role_id = a.role_id and r."right" = %(right)s
    left join {DEPUTY} d on d.absent_id = a.user_id and d.starts <= %(at)s and d.ends > %(at)s
    where a.unit_id = %(unit_id)s and a.starts <= %(at)s and (a.ends is null or a.ends > %(at)s))"""

# A resident who signs in with this number has chosen for every case it stands in.
CONTACTS = f"""select null::bigint, c.id, null::bytea, 'c' || c.id, {LANGUAGE.format("c.language")},
        case when %(pressing)s or coalesce({CHOSEN.format("c.notify_by")}, true) then array[c.notify_by]
            else array[]::text[] end, q.starts, q.ends, c.confirmed_at is not null
    from {CONTACT} c
    left join {USER} u on u.phone_index = c.phone_index and u.kind = 'resident' and u.is_active
    left join {QUIET} q on q.user_id = u.id
    where c.id = %(contact_id)s and c.erased_at is null"""

PHONE = f"""select null::bigint, null::bigint, %(phone)s::bytea, 'p', {LANGUAGE.format("%(language)s")}, array['sms'],
    null::time, null::time, true"""

# When a text message may leave in somebody's own quiet hours: at their end, the next morning where they span midnight.
LOCAL_DAY = "(w.due_at at time zone 'Asia/Shanghai')::date"
LOCAL_CLOCK = "(w.due_at at time zone 'Asia/Shanghai')::time"
IN_QUIET = f"""case when p.quiet_from < p.quiet_till
    then {LOCAL_CLOCK} >= p.quiet_from and {LOCAL_CLOCK} < p.quiet_till
    else {LOCAL_CLOCK} >= p.quiet_from or {LOCAL_CLOCK} < p.quiet_till end"""
QUIET_END = f"""(({LOCAL_DAY} + case when p.quiet_from > p.quiet_till and {LOCAL_CLOCK} >= p.quiet_from
    then 1 else 0 end + p.quiet_till) at time zone 'Asia/Shanghai')"""
DUE = f"""case when w.channel = 'sms' and not %(pressing)s and p.quiet_from is not null and {IN_QUIET}
    then {QUIET_END} else w.due_at end"""

STATEMENT = f"""
with people (user_id, contact_id, phone, mark, language, channels, quiet_from, quiet_till, confirmed) as ({{people}}),
words (channel, language, subject, body, variables, due_at, confirmed) as (values {{words}}),
written as (
    insert into {MESSAGE} (recipient_user_id, recipient_contact_id, recipient_phone, channel, urgency, template,
        language, subject, body, variables, link, dedupe, state, reason, detail, due_at, tries, reference,
        created_at, sent_at)
    select p.user_id, p.contact_id, p.phone, w.channel, %(urgency)s, %(template)s, w.language, w.subject, w.body,
        w.variables, %(link)s,
        %(dedupe)s || ':' || p.mark || ':' || w.channel,
        case when w.channel = 'site' then '{State.SENT}' when d.due_at > %(at)s then '{State.HELD}'
            else '{State.QUEUED}' end,
        '', '', d.due_at, 0, '', %(at)s, case when w.channel = 'site' then %(at)s::timestamptz end
    from people p join words w on w.channel = any(p.channels) and w.language = p.language
        and coalesce(w.confirmed, p.confirmed) = p.confirmed
    cross join lateral (select {DUE} as due_at) d
    on conflict (dedupe) do nothing
    returning id, channel, due_at),
jobs as (
    insert into procrastinate_jobs (queue_name, task_name, priority, args, scheduled_at)
    select '{QUEUE}', '{TASK}', %(priority)s, jsonb_build_object('message_ids', jsonb_agg(id order by id)),
        nullif(due_at, %(at)s)
    from written where channel <> 'site' group by channel, due_at)
select count(*) from written
"""


def write_messages(
    *,
    recipient: Recipient,
    words: Sequence[Words],
    template: str,
    urgency: str,
    link: str,
    dedupe: str,
    at: datetime,
) -> int:
    """Write one message for each person and channel, one job for each channel, and return how many messages."""
    people, whom = _people(recipient)
    params: dict[str, Any] = {
        **whom,
        "template": template,
        "pressing": urgency != Urgency.ORDINARY,
        "fixed": is_fixed(template),
        "urgency": urgency,
        "link": link,
        "dedupe": dedupe,
        "priority": PRIORITY[Urgency(urgency)],
        "at": at,
    }
    rows = []
    for n, text in enumerate(words):
        rows.append(
            f"(%(c{n})s, %(l{n})s, %(s{n})s, %(b{n})s, %(v{n})s::jsonb, %(d{n})s::timestamptz, %(k{n})s::boolean)"
        )
        due = rules.due_at(text.channel, urgency, at)
        params |= {f"c{n}": text.channel, f"l{n}": text.language, f"s{n}": text.subject}
        params |= {f"k{n}": text.confirmed, f"b{n}": text.body, f"v{n}": Jsonb(dict(text.variables)), f"d{n}": due}
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT.format(people=people, words=", ".join(rows)), params)
        return int(cursor.fetchone()[0])


def _people(recipient: Recipient) -> tuple[str, dict[str, Any]]:
    """Return the query that finds the people, and its parameters."""
    if isinstance(recipient, ToUser):
        return USERS + "u.id = %(user_id)s", {"user_id": recipient.user_id}
    if isinstance(recipient, ToContact):
        return CONTACTS, {"contact_id": recipient.contact_id}
    if isinstance(recipient, ToPhone):
        sealed = Message._meta.get_field("recipient_phone").get_db_prep_save(recipient.phone, connection)
        return PHONE, {"phone": sealed, "language": recipient.language}
    return USERS + OF_UNIT, {"unit_id": recipient.unit_id, "right": recipient.right}
