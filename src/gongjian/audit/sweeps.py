"""What the record does by itself."""

from datetime import datetime

from gongjian.audit.actions import seal


def sweep_seal(*, at: datetime) -> int:
    """Seal what was recorded since the last time and return how many entries. Every minute."""
    return seal(at)
