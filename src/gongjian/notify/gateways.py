"""Ways to send a text message. An operator's gateway is one class with `send`; settings.SMS_GATEWAY names it."""

import json
import logging
import os
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sms:
    number: str  # E.164
    text: str
    template: str  # operators send registered texts: template and variables
    language: str
    reference: str  # the same for every try of one message, so that a gateway can drop a second copy
    variables: dict[str, str] = field(default_factory=dict)


class TryLater(Exception):
    """The gateway is out of reach or busy."""


class Undeliverable(Exception):
    """The gateway refuses this number or text for good."""


class SmsGateway(Protocol):
    """Sends one message and returns the gateway's own number for it; raises TryLater or Undeliverable."""

    def send(self, sms: Sms) -> str: ...


class ConsoleGateway:
    """Tells the log that a message would go out, with the number masked and without its words."""

    def send(self, sms: Sms) -> str:
        logger.info("sms %s: %s, %s signs", sms.reference, sms.template, len(sms.text))
        return sms.reference


class FileGateway:
    """Appends each message as one line of JSON to settings.SMS_FILE_PATH, which only its owner can read.

    The line holds the full number, because it stands for what is really sent; the log gets the masked one.
    """

    def send(self, sms: Sms) -> str:
        path = Path(settings.SMS_FILE_PATH)
        line = json.dumps(asdict(sms), ensure_ascii=False) + "\n"
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(handle, line.encode())
            finally:
                os.close(handle)
        except OSError as error:
            raise TryLater(f"{path.name}: {error.strerror}") from error
        logger.info("sms %s: %s", sms.reference, sms.template)
        return sms.reference


@cache
def _gateway_at(name: str) -> SmsGateway:
    made: SmsGateway = import_string(name)()
    return made


def sms_leaves() -> bool:
    """Whether text messages go out to phones, and not to a file or the log only."""
    return not settings.SMS_GATEWAY.endswith((FileGateway.__name__, ConsoleGateway.__name__))


def sms_gateway() -> SmsGateway:
    """Return the gateway that settings name, made once."""
    return _gateway_at(settings.SMS_GATEWAY)
