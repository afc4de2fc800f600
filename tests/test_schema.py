"""The structure as the migrations make it, in one text: a change of it is seen in review."""

import pytest
from django.apps import apps
from django.db import connection

COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity <> '',
  a.attgenerated <> '', pg_get_expr(d.adbin, d.adrelid)
from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname = any(%(tables)s)
order by c.relname, a.attname
"""
# Keys and rules; NOT NULL stands with its column.
RULES = """
select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint
where contype <> 'n' and conrelid::regclass::text = any(%(tables)s) order by 1, 2
"""
INDEXES = "select tablename, indexname, indexdef from pg_indexes where tablename = any(%(tables)s) order by 1, 2"
FUNCTIONS = """
select p.proname, pg_get_functiondef(p.oid) from pg_proc p
where p.pronamespace = 'public'::regnamespace and p.prokind = 'f' and p.proname not like 'procrastinate%%'
  and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e') order by 1, 2
"""


def tables() -> list[str]:
    models = apps.get_models(include_auto_created=True)
    return sorted(m._meta.db_table for m in models if m.__module__.startswith("gongjian."))


def rows(statement: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"tables": tables()})
        return cursor.fetchall()


def column(name: str, kind: str, needed: bool, identity: bool, generated: bool, default: str | None) -> str:
    words = [f"    {name} {kind}"]
    words += ["not null"] if needed else []
    words += ["identity"] if identity else []
    if default is not None:
        words.append(f"generated ({default})" if generated else f"default {default}")
    return " ".join(words)


def structure() -> str:
    parts: dict[str, list[str]] = {name: [f"table {name}"] for name in tables()}
    for table, *facts in rows(COLUMNS):
        parts[table].append(column(*facts))
    for table, name, rule in rows(RULES):
        parts[table].append(f"    constraint {name} {rule}")
    for table, _name, index in rows(INDEXES):
        parts[table].append(f"    {index.replace('public.', '')}")
    functions = [text.rstrip() for _name, text in rows(FUNCTIONS)]
    return "\n\n".join(["\n".join(lines) for lines in parts.values()] + functions) + "\n"


@pytest.mark.django_db
def test_the_structure_is_golden(golden):
    golden("schema.sql", structure())


@pytest.mark.django_db
def test_every_table_is_in_it():
    assert all(f"table {name}\n" in structure() for name in tables())
