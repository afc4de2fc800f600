"""Versions of what processes keep in memory: changed with the rows, compared every few seconds."""

import uuid

from gongjian.audit.models import TableVersion


def changed(name: str) -> None:
    """Tell every process that what it remembers under this name is old."""
    TableVersion.objects.update_or_create(pk=name, defaults={"version": uuid.uuid4()})


def version_of(name: str) -> uuid.UUID | None:
    """Return the version in force: one row by its key."""
    return TableVersion.objects.filter(pk=name).values_list("version", flat=True).first()
