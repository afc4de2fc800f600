"""What identity tidies up by itself."""

from datetime import datetime

from gongjian.identity.actions.codes import purge_codes
from gongjian.identity.models import Session


def sweep_sign_in(*, at: datetime) -> int:
    """Delete sessions that ran out and codes a day old, and return how many. Hourly."""
    ended, _rows = Session.objects.filter(expire_date__lt=at).delete()
    return ended + purge_codes(at=at)
