from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models

BATCH = 10_000  # cases whose writers wait for a moment
# The lexeme of all open states of a domain, or of all others, as words.facts makes it.
ADD = """
update casework_casetext t
set grams = t.grams || array_to_tsvector(array[
    case when c.closed_at is null then 'o:' else 'e:' end || split_part(c.kind, '.', 1)])
from casework_case c
where c.id = t.case_id and c.id > %s and c.id <= %s
"""


def add_lexemes(_apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute("select coalesce(max(case_id), 0) from casework_casetext")
        for first in range(0, cursor.fetchone()[0], BATCH):
            cursor.execute(ADD, [first, first + BATCH])


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("casework", "0002_fewer_indexes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(add_lexemes, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="case",
            index=models.Index(
                fields=["holder", "holder_unit", "due_at", "id"],
                name="case_mine_due",
                condition=models.Q(closed_at=None),
            ),
        ),
        RemoveIndexConcurrently(model_name="case", name="case_holder_due"),
        migrations.AlterField(
            model_name="case",
            name="holder",
            field=models.ForeignKey(
                db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL
            ),
        ),
    ]
