"""The jobs that bring messages to their recipients.

A message is claimed by a conditional update that commits before the gateway is called, so two workers never send the
same one; the same statement takes its place under the ceiling of the whole installation (`ceilings`). A worker that
dies between the gateway's answer and our commit sends the message a second time when its lease has run out: delivery is
at least once. The gateway gets the same reference both times and can drop the copy.
"""

import hashlib
import logging
import smtplib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from gongjian.notify import outbox, rules
from gongjian.notify.actions import DETAIL_LENGTH
from gongjian.notify.ceilings import BUSY, Claim, claim, hold, room_again
from gongjian.notify.gateways import Sms, TryLater, Undeliverable, sms_gateway
from gongjian.notify.models import Channel, Message, Reason, State, Urgency
from gongjian.notify.wording import full_link
from gongjian.parties.contacts import open_contact
from gongjian.parties.models import Contact
from gongjian.parties.phones import can_text
from gongjian.parties.texting import barred_code
from gongjian.sealing.masking import scrub
from gongjian.workdays.clock import now
from gongjian.workdays.rules import local_day

logger = logging.getLogger(__name__)

WAITING = (State.QUEUED, State.HELD)
PERMANENT = 500  # SMTP answers from here on are final
RETRY = RetryStrategy(max_attempts=rules.MOST_TRIES - 1, wait=rules.WAIT_SECONDS, exponential_wait=rules.GROWTH)


class NotSent(Exception):
    """A message that will not leave: without an address, or to a country that nobody allowed."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail


class NotAllSent(Exception):
    """Some messages wait for another try; the job comes back for them."""


@app.task(name=outbox.TASK, queue=outbox.QUEUE, retry=RETRY)
def deliver(message_ids: list[int]) -> None:
    """Send the messages that are due; those that must be tried again make the job come back."""
    deliver_messages(message_ids, at=now())


def deliver_messages(message_ids: Sequence[int], *, at: datetime) -> None:
    """Send what is due of these messages, each on its own; raises NotAllSent if one must be tried again."""
    wait_for_morning(message_ids, at=at)
    outcomes = [_deliver_one(message_id, at) for message_id in message_ids]
    if State.QUEUED in outcomes:
        raise NotAllSent(f"{outcomes.count(State.QUEUED)} of {len(outcomes)} messages")


def wait_for_morning(message_ids: Sequence[int], *, at: datetime) -> None:
    """Put off ordinary text messages whose job ran late, into the quiet hours."""
    if not rules.is_quiet(at):
        return
    late = Message.objects.filter(
        pk__in=message_ids, channel=Channel.SMS, urgency=Urgency.ORDINARY, state__in=WAITING, due_at__lte=at
    )
    ids = list(late.values_list("pk", flat=True))
    morning = rules.due_at(Channel.SMS, Urgency.ORDINARY, at)
    if ids and late.filter(pk__in=ids).update(state=State.HELD, due_at=morning):
        deliver.configure(schedule_at=morning).defer(message_ids=[*ids])


def _deliver_one(message_id: int, at: datetime) -> str:
    """Claim, send and write down the outcome of one message; return its state, or "" if it was not ours to send."""
    message = Message.objects.select_related("recipient_user").filter(pk=message_id, state__in=WAITING).first()
    if message is None:
        return ""
    claimed = claim(message, until=at + rules.LEASE, at=at)
    if claimed is Claim.FULL:
        return _wait_for_room(message, at)
    return _send(message, at) if claimed is Claim.MINE else ""


def _send(message: Message, at: datetime) -> str:
    """Send a message that was claimed and return how it ended."""
    message.tries += 1
    try:
        reference = _hand_over(message, at)
    except NotSent as error:
        return _finish(message, State.FAILED, at, reason=error.reason, detail=error.detail)
    except Undeliverable as error:
        return _finish(message, State.FAILED, at, reason=Reason.REFUSED, detail=str(error))
    except TryLater as error:
        return _put_back(message, at, str(error))
    except Exception as error:
        # One faulty message must not hold up the rest of its batch.
        logger.exception("message %s", message.pk)
        return _put_back(message, at, type(error).__name__)
    return _finish(message, State.SENT, at, reference=reference)


def _wait_for_room(message: Message, at: datetime) -> str:
    """Keep a message back that would go over the ceiling of the installation; a code is over by then and is lost."""
    until = room_again(message, at=at)
    if until <= at + BUSY:
        return State.QUEUED  # there is room: the job comes back
    if not hold(message, until=until, at=at):
        return ""  # somebody else has it
    if message.urgency == Urgency.CODE:
        return _finish(message, State.FAILED, at, reason=Reason.CEILING)
    deliver.configure(schedule_at=until).defer(message_ids=[message.pk])
    return ""


def _hand_over(message: Message, at: datetime) -> str:
    """Give the message to its gateway and return the gateway's number; raises NotSent without an address.

    The country is looked at again here: whatever wrote the message, none goes where nobody has allowed it.
    """
    phone, email = _address(message)
    if message.channel == Channel.EMAIL:
        return _send_email(message, email)
    if not phone or not can_text(phone):
        raise NotSent(Reason.NO_ADDRESS)
    if barred := barred_code(phone, local_day(at)):
        raise NotSent(Reason.COUNTRY, barred)
    sms = Sms(
        number=phone,
        text=message.body,
        template=message.template,
        language=message.language,
        reference=_reference(message),
        variables=message.variables,
    )
    return sms_gateway().send(sms)


def _address(message: Message) -> tuple[str, str]:
    """Return phone and e-mail of the recipient as they are now."""
    if message.recipient_contact_id is not None:
        try:
            contact = open_contact(message.recipient_contact_id)
        except Contact.DoesNotExist as error:
            raise NotSent(Reason.NO_ADDRESS) from error
        return contact.phone, contact.email
    user = message.recipient_user
    if user is not None:
        return user.phone.open() if user.phone else "", user.email or ""
    return message.recipient_phone.open() if message.recipient_phone else "", ""


def _send_email(message: Message, address: str) -> str:
    if not address:
        raise NotSent(Reason.NO_ADDRESS)
    link = full_link(message.link)
    host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">")
    reference = f"<{_reference(message)}@{host}>"
    mail = EmailMessage(
        subject=message.subject,
        body=message.body if not link or link in message.body else f"{message.body}\n\n{link}",
        to=[address],
        headers={"Message-ID": reference, "Auto-Submitted": "auto-generated", "Content-Language": message.language},
    )
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        code, words = next(iter(error.recipients.values()))
        kind = Undeliverable if code >= PERMANENT else TryLater
        raise kind(words.decode(errors="replace")) from error
    except (smtplib.SMTPException, OSError) as error:
        raise TryLater(type(error).__name__) from error
    return reference


def _reference(message: Message) -> str:
    """Return a number that stays the same over all tries and tells an outsider nothing; a new one if sent again."""
    again = "" if message.settled_at is None else f":{message.settled_at.timestamp()}"
    return hashlib.blake2b(f"{message.pk}:{message.dedupe}{again}".encode(), digest_size=12).hexdigest()


def _put_back(message: Message, at: datetime, detail: str) -> str:
    """Let the message be tried again later, or give it up after the last try."""
    if message.tries >= rules.MOST_TRIES:
        return _finish(message, State.FAILED, at, reason=Reason.UNREACHABLE, detail=detail)
    Message.objects.filter(pk=message.pk).update(
        state=State.QUEUED,
        due_at=rules.next_try(message.tries, at),
        claimed_until=None,
        detail=scrub(detail)[:DETAIL_LENGTH],
    )
    return State.QUEUED


def _finish(
    message: Message, state: State, at: datetime, *, reason: str = "", detail: str = "", reference: str = ""
) -> str:
    """Write down how it ended; the words of a code are wiped, whatever the end."""
    values: dict[str, Any] = {
        "state": state,
        "reason": reason,
        "detail": scrub(detail)[:DETAIL_LENGTH],
        "reference": reference,
        "claimed_until": None,
    }
    if state == State.SENT:
        values["sent_at"] = at
    if message.urgency == Urgency.CODE:
        values |= {"body": "", "variables": {}}
        if message.recipient_phone is not None:
            values["recipient_phone"] = ""
    Message.objects.filter(pk=message.pk).update(**values)
    return state
