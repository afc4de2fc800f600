"""E-mail addresses as people write them."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

from gongjian.parties.refusals import InvalidEmail

LONGEST = 254


def normalise_email(text: str, field: str = "email") -> str:
    """Return the address with full-width signs folded and the host in lower case; raises InvalidEmail."""
    written = unicodedata.normalize("NFKC", text[: LONGEST + 1]).strip()
    name, at, host = written.rpartition("@")
    address = f"{name}{at}{host.lower()}"
    try:
        validate_email(address)
    except ValidationError as error:
        raise InvalidEmail(field, _("邮箱地址不完整，应当像 name@example.com。")) from error
    return address
