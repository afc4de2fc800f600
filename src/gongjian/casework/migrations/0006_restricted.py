from typing import Any, Final

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

OPEN: Final = models.Q(closed_at=None)
# What is counted by these must see `restricted` without reading the rows.
COUNTED: Final[dict[str, tuple[list[str], models.Q | None]]] = {
    "case_unit_due": (["holder_unit", "due_at", "id"], OPEN),
    "case_state_due": (["state", "due_at", "id"], OPEN),
    "case_mine_due": (["holder", "holder_unit", "due_at", "id"], OPEN),
    "case_due": (["due_at", "id"], OPEN),
    "case_opened": (["opened_at", "topic", "community"], None),
}


def _rebuilt(name: str) -> list[Any]:
    fields, condition = COUNTED[name]
    index = models.Index(fields=fields, name=name, include=["restricted"], condition=condition)
    return [RemoveIndexConcurrently("case", name), AddIndexConcurrently("case", index)]


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("casework", "0005_source_that_holds")]

    operations = [
        migrations.AddField("topic", "restricted", models.BooleanField(db_default=False)),
        migrations.AddField("case", "restricted", models.BooleanField(db_default=False)),
        *(step for name in COUNTED for step in _rebuilt(name)),
        AddIndexConcurrently(
            "case", models.Index(fields=["id"], name="case_restricted", condition=models.Q(restricted=True))
        ),
    ]
