"""Re-sealing of stored values after a new key was put first in the ring."""

from collections.abc import Callable, Iterator

from django.apps import apps
from django.db import connection, models, transaction

from gongjian.sealing.fields import SealedTextField
from gongjian.sealing.keys import ring

BATCH = 500


def sealed_models() -> list[type[models.Model]]:
    """Return the models that have sealed columns, for whoever rotates them all."""
    return [model for model in apps.get_models() if _sealed_fields(model)]


def sample() -> Iterator[tuple[str, bytes, bytes]]:
    """Yield "table.column", what it is bound to and one sealed value, for each sealed column that holds any."""
    for model in sealed_models():
        for field in _sealed_fields(model):
            table, column = _names(model, field)
            with connection.cursor() as cursor:
                cursor.execute(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL LIMIT 1")
                row = cursor.fetchone()
            if row:
                yield f"{model._meta.db_table}.{field.column}", field.bound_to.encode(), bytes(row[0])


def by_key() -> dict[str, int]:
    """Count the sealed values by the key that sealed them."""
    found: dict[str, int] = {}
    for model in sealed_models():
        for field in _sealed_fields(model):
            table, column = _names(model, field)
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT substring({column} from 2 for get_byte({column}, 0)), count(*) FROM {table}"
                    f" WHERE length({column}) > 1 GROUP BY 1"
                )
                for key_id, count in cursor.fetchall():
                    name = bytes(key_id).decode("ascii", errors="replace")
                    found[name] = found.get(name, 0) + int(count)
    return found


def rotate(model: type[models.Model], *, batch: int = BATCH, progress: Callable[[int], None] = lambda _: None) -> int:
    """Re-seals every value of a model that is not sealed with the first key; returns how many.

    Each batch is its own transaction, so it can be stopped and started again at any time; a value that somebody writes
    meanwhile is left as it is. Raises keys.UnknownKey when a value's key has left the ring too early.
    """
    total = 0
    for field in _sealed_fields(model):
        while done := _rotate_batch(model, field, batch):
            total += done
            progress(done)
    return total


def _sealed_fields(model: type[models.Model]) -> list[SealedTextField]:
    return [field for field in model._meta.local_concrete_fields if isinstance(field, SealedTextField)]


def _names(model: type[models.Model], field: SealedTextField) -> tuple[str, str]:
    quote = connection.ops.quote_name
    return quote(model._meta.db_table), quote(str(field.column))


def _rotate_batch(model: type[models.Model], field: SealedTextField, batch: int) -> int:
    keys, bound_to, meta = ring(), field.bound_to.encode(), model._meta
    table, column, key = map(connection.ops.quote_name, (meta.db_table, str(field.column), str(meta.pk.column)))
    with transaction.atomic(), connection.cursor() as cursor:
        # Not by primary key ranges: what is done no longer matches, so the next batch is always the first one.
        cursor.execute(
            f"SELECT {key}, {column} FROM {table} WHERE substring({column} from 1 for %s) <> %s LIMIT %s FOR UPDATE",
            [len(keys.front), keys.front, batch],
        )
        rows = [(pk, bytes(sealed)) for pk, sealed in cursor.fetchall()]
        fresh = [(keys.seal(keys.open(sealed, bound_to), bound_to), pk) for pk, sealed in rows]
        cursor.executemany(f"UPDATE {table} SET {column} = %s WHERE {key} = %s", fresh)
    return len(rows)
