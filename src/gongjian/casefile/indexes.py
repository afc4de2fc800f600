"""Building indexes and foreign keys after a large load instead of row by row; needs the owning role."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, models

# A parallel build sorts in this much memory; the owner's session alone has it, for the load only.
MEMORY = "1GB"


@contextmanager
def built_afterwards(tables: Sequence[type[models.Model]]) -> Iterator[None]:
    """Drop foreign keys and plain indexes of these tables, and build them again at the end; inside a transaction.

    Primary keys, unique and exclusion constraints stay. A load that fails rolls the dropping back with it.
    """
    names = [m._meta.db_table for m in tables]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            select format('alter table %%I drop constraint %%I', r.relname, c.conname),
                   format('alter table %%I add constraint %%I %%s', r.relname, c.conname, pg_get_constraintdef(c.oid))
            from pg_constraint c join pg_class r on r.oid = c.conrelid
            where c.contype = 'f' and (r.relname = any(%s) or c.confrelid::regclass::text = any(%s))
            """,
            [names, names],
        )
        keys = cursor.fetchall()
        cursor.execute(
            """
            select format('drop index %%I', i.relname), pg_get_indexdef(i.oid)
            from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
            where t.relname = any(%s) and not x.indisprimary
              and not exists (select from pg_constraint c where c.conindid = i.oid)
            """,
            [names],
        )
        indexes = cursor.fetchall()
        for drop, _ in (*keys, *indexes):
            cursor.execute(drop)
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"set local maintenance_work_mem = '{MEMORY}'")  # SET takes no parameter
        cursor.execute("set constraints all immediate")
        for _, build in (*indexes, *keys):
            cursor.execute(build)
