"""What identity tidies up by itself."""

from datetime import datetime

from gongjian.audit.retention import cutoff
from gongjian.identity.actions.codes import purge_codes
from gongjian.identity.models import Session


def sweep_sign_in(*, at: datetime) -> int:
    """Delete sessions and codes that have outlived their period, and return how many. Hourly."""
    ended, _rows = Session.objects.filter(expire_date__lt=cutoff("session", at) or at).delete()
    return ended + purge_codes(at=at)
