"""An older version runs on while the structure is brought to a newer one: migrations only add, or were looked at.

The older version knows neither new columns nor new rules. What it writes must go on to fit, what it reads must still be
there. A step that breaks this goes in two releases: first add and fill, and only when no older version runs, remove.
"""

from collections.abc import Iterator

from django.apps import apps
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

# Tables that grow with the cases: an index built in the ordinary way keeps writers waiting for as long as it takes.
LARGE = {"casework", "audit"}
LARGE_TABLES = {"hotline.servicerequest", "hotline.reply", "notify.message", "parties.contact", "documents.document"}
UNSAFE = (
    ((migrations.RemoveField, migrations.DeleteModel), "takes away"),
    ((migrations.RenameField, migrations.RenameModel, migrations.AlterModelTable), "renames"),
    ((migrations.AddConstraint, migrations.AlterUniqueTogether), "a new rule for rows of an older version"),
    ((migrations.RunPython, migrations.RunSQL, migrations.SeparateDatabaseAndState), "only a person can judge"),
)

# The last migration of each room in the release before this one; every release moves them on. What stands up to them is
# history, and a table made since then is unknown to an older version.
RELEASED = {
    "audit": "0001_initial",
    "casework": "0002_fewer_indexes",
    "documents": "0001_initial",
    "figures": "0001_initial",
    "hotline": "0001_initial",
    "httpapi": "0001_initial",
    "identity": "0002_unit_pinyin",
    "notify": "0001_initial",
    "parties": "0001_initial",
    "places": "0001_initial",
    "workdays": "0001_initial",
}
# Looked at one by one: what it does, and why a running older version stands it.
REFERENCE = "reference data: an older version writes these rows only when it loads reference data, before it serves"
MASKS = (
    "covers digits in values that an older version shows as they are; one that still runs writes its own kind of mask"
)
REVIEWED: dict[str, str] = {
    "audit.0004_sources_in_words:0": "changes words that an older version only shows",
    "casework.0003_search_by_domain:0": "in batches; what an older version writes beside it gets its lexeme at its next move",
    "casework.0004_one_sequence:0": "an older version draws from the same sequence, whose last five digits it takes",
    "casework.0005_source_that_holds:2": "empties a text that an older version only shows",
    "casework.0005_source_that_holds:3": "empties a text that an older version only shows",
    "hotline.0004_reference:2": REFERENCE,
    "hotline.0004_reference:4": REFERENCE,
    "hotline.0004_reference:5": f"uniqueness goes over to the rule of step 7; {REFERENCE}",
    "hotline.0004_reference:6": f"uniqueness goes over to the rule of step 8; {REFERENCE}",
    "hotline.0004_reference:7": REFERENCE,
    "hotline.0004_reference:8": REFERENCE,
    "hotline.0008_import_undo:0": "adds a function that an older version never calls",
    "hotline.0009_question_options:3": "copies answers of questions that this release brought; an older version never reads them",
    "hotline.0012_import_undo_again:0": "the function keeps its name, arguments and answer; a version that runs beside it undoes more",
    "hotline.0012_import_undo_again:1": "fills columns that an older version neither reads nor writes",
    "hotline.0012_import_undo_again:2": "fills a table that an older version does not know",
    "hotline.0014_form_drafts:4": "changes names in the program alone; an older version keeps its own table and goes on with it",
    "hotline.0014_form_drafts:6": "copies unfinished forms into the new table, which an older version does not know",
    "hotline.0019_import_answers:1": "the function keeps its name, arguments and answer; it takes one more table along",
    "hotline.0018_source_in_words:0": "changes words that an older version only shows",
    "parties.0005_source_in_words:0": "changes words that an older version only shows",
    "hotline.0017_restricted:0": REFERENCE,
    "hotline.0017_restricted:1": "an older version neither reads nor writes the column; what it opens meanwhile is open as before",
    "hotline.0017_restricted:2": "the function keeps its name, arguments and answer; no case is restricted for an older version",
    "places.0002_shipped:0": REFERENCE,
    "places.0003_sea_synthetic:0": REFERENCE,
    "hotline.0016_masks:0": MASKS,
    "parties.0003_sms_countries:1": "fills a table that an older version does not know",
    "parties.0004_masks:0": MASKS,
}


def test_the_structure_changes_under_a_running_older_version():
    found = dict(unsafe())
    unknown = {place: why for place, why in found.items() if place not in REVIEWED}
    assert not unknown, "add a reason to REVIEWED or split the step over two releases"
    assert not set(REVIEWED) - set(found), "these are no longer there"
    assert all(len(reason) > 20 for reason in REVIEWED.values())


def unsafe() -> Iterator[tuple[str, str]]:
    """Yield place and fault of every operation since the last release that may break an older version."""
    loader = MigrationLoader(None)
    state, fresh = ProjectState(), set()
    for node in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        migration = loader.graph.nodes[node]
        ours = apps.get_app_config(migration.app_label).name.startswith("gongjian.")
        later = ours and migration.name > RELEASED.get(migration.app_label, "")
        for number, operation in enumerate(migration.operations):
            before = state.clone()
            operation.state_forwards(migration.app_label, state)
            if not later:
                continue
            if isinstance(operation, migrations.CreateModel):
                fresh.add(f"{migration.app_label}.{operation.name_lower}")
            if f"{migration.app_label}.{touched(operation)}" in fresh:
                continue
            why = fault(operation, migration.app_label, before, state)
            if why:
                yield f"{migration.app_label}.{migration.name}:{number}", why


def touched(operation: Operation) -> str:
    """Return the model an operation is about."""
    return str(getattr(operation, "model_name_lower", "") or getattr(operation, "name_lower", ""))


def fault(operation: Operation, label: str, before: ProjectState, after: ProjectState) -> str:
    if isinstance(operation, migrations.AddField):
        return added(operation)
    if isinstance(operation, migrations.AlterField):
        return altered(operation, label, before, after)
    if isinstance(operation, migrations.AddIndex) and not isinstance(operation, AddIndexConcurrently):
        place = f"{label}.{operation.model_name_lower}"
        return f"keeps writers waiting: {place}" if label in LARGE or place in LARGE_TABLES else ""
    return next((f"{why}: {operation.describe()}" for kinds, why in UNSAFE if isinstance(operation, kinds)), "")


def added(operation: migrations.AddField) -> str:
    """An older version names no such column when it writes a row."""
    field = operation.field
    column = not field.many_to_many
    given = field.null or field.has_db_default() or getattr(field, "generated", False)
    return f"an older version leaves it out: {operation.describe()}" if column and not given else ""


def altered(operation: migrations.AlterField, label: str, before: ProjectState, after: ProjectState) -> str:
    old, new = (
        state.apps.get_model(label, operation.model_name)._meta.get_field(operation.name) for state in (before, after)
    )
    with connection.schema_editor(collect_sql=True, atomic=False) as editor:
        changes = editor._field_should_be_altered(old, new)
    if not changes or wider(old, new):
        return ""
    return f"narrows or rewrites a column: {operation.describe()}"


def wider(old: models.Field, new: models.Field) -> bool:
    """Tell whether everything that fitted still fits."""
    same_kind = type(old) is type(new) and old.unique == new.unique and (new.null or not old.null)
    longer = (new.max_length or 10**9) >= (old.max_length or 10**9) if hasattr(old, "max_length") else True
    default_stays = old.has_db_default() <= new.has_db_default()
    return same_kind and longer and default_stays


def test_what_takes_away_is_found():
    state = ProjectState()
    migrations.CreateModel("thing", [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9))]).state_forwards("x", state)  # fmt: skip
    bad = (
        migrations.RemoveField("thing", "name"),
        migrations.RenameField("thing", "name", "title"),
        migrations.DeleteModel("thing"),
        migrations.AddField("thing", "size", models.IntegerField(default=1)),
        migrations.RunSQL("select 1"),
        migrations.AddConstraint("thing", models.CheckConstraint(name="x", condition=models.Q(name="x"))),
    )
    good = (
        migrations.AddField("thing", "size", models.IntegerField(null=True)),
        migrations.AddField("thing", "size", models.IntegerField(db_default=1)),
        migrations.AddIndex("thing", models.Index(fields=["name"], name="x")),
    )
    assert all(fault(operation, "x", state, state) for operation in bad)
    assert not any(fault(operation, "x", state, state) for operation in good)
