"""Rules of the house that a machine can see, each with the line it would refuse."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
from django.apps import apps

SRC = Path(__file__).parents[2] / "src" / "gongjian"
FILES = sorted(p for p in SRC.rglob("*.py") if "migrations" not in p.parts)
CODE = [p for p in FILES if "tests" not in p.parts]
# Rooms below the faces: whatever happens there is handed the time.
TIMELESS = {
    "actions",
    "rules",
    "queries",
    "models",
    "bulk",
    "workflow",
    "kinds",
    "clocks",
    "writer",
    "sweeps",
    "corrections",
    "reveal",
    "access",
}
BANNED_NAMES = {"utils", "services", "extras", "common_utils", "core", "helpers", "misc"}
LONGEST_FILE, LONGEST_FUNCTION = 600, 50
CASEWORK_BUDGET = 2_000


def ours(module: str) -> bool:
    """Whether a model of this module belongs to the house; a table that a test made for itself does not."""
    return module.startswith("gongjian.") and ".tests." not in module


def rooms(path: Path) -> set[str]:
    return {part.removesuffix(".py") for part in path.relative_to(SRC).parts}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SRC)))
def test_files_stay_short(path):
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


def test_functions_stay_short():
    long = []
    for path in CODE:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                lines = (node.end_lineno or 0) - (body[0].lineno if body else node.lineno) + 1
                if lines > LONGEST_FUNCTION:
                    long.append(f"{path.relative_to(SRC)}:{node.lineno} {node.name} {lines}")
    assert not long


def test_nothing_below_a_face_asks_for_the_time():
    asks = re.compile(r"\b(now|today|utcnow)\(\)")
    project = {"project", "console", "portal", "testing", "demo"}
    wrong = [
        f"{path.relative_to(SRC)}:{number}"
        for path in CODE
        if rooms(path) & TIMELESS and not rooms(path) & (project | {"pages", "commands"})
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if asks.search(line.split("#")[0]) and '"""' not in line
    ]
    assert not wrong


def test_pages_and_interfaces_do_not_write_rows():
    writes = re.compile(r"\.(save|create|bulk_create|get_or_create|update_or_create|delete)\(")
    wrong = [
        f"{path.relative_to(SRC)}:{number} {line.strip()}"
        for path in CODE
        if rooms(path) & {"pages", "api"} and "session" not in path.name
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if writes.search(line) and "session" not in line and "hashlib" not in line
    ]
    assert not wrong


# In SQL a bare name inside a subquery is a column of the inner table, if that has one: `from unnest(ids) id` is no id.
UNNAMED = re.compile(
    r"\b(?:from|join|,)\s+unnest\([^()]*(?:\([^()]*\)[^()]*)*\)\s+(?:as\s+)?(?!where\b|order\b|on\b)\w+\b(?!\s*\()"
)
REPLACED = {"domains/hotline/migrations/0008_import_undo.py"}  # its function is, by a later migration


def test_what_a_function_of_the_database_yields_is_named_as_a_column():
    found = {
        str(p.relative_to(SRC)) for p in SRC.rglob("*.py") if "tests" not in p.parts and UNNAMED.search(p.read_text())
    }
    assert found == REPLACED
    assert not UNNAMED.search(
        "select t.id from unnest($1::bigint[]) t(id) where true union select x from unnest(grams) where x"
    )


def test_nobody_listens_to_signals():
    wrong = [str(p) for p in CODE if re.search(r"@receiver|django\.dispatch|models\.signals", p.read_text())]
    assert not wrong


def test_rooms_have_names_that_say_something():
    assert not [p for p in CODE if p.stem in BANNED_NAMES or BANNED_NAMES & set(p.relative_to(SRC).parts)]


def test_the_engine_stays_within_its_budget():
    lines = 0
    for path in CODE:
        if path.relative_to(SRC).parts[0] == "casework":
            lines += sum(1 for line in path.read_text().splitlines() if line.strip())
    assert lines <= CASEWORK_BUDGET


def test_every_term_is_in_the_glossary_and_every_entry_is_a_term():
    glossary = tomllib.loads((SRC.parents[1] / "glossary.toml").read_text())
    listed = {(room, name) for room, entries in glossary.items() for name in entries}
    models = {(m._meta.app_label, m.__name__) for m in apps.get_models() if ours(m.__module__)}
    assert models == listed
    for entries in glossary.values():
        for entry in entries.values():
            assert entry["zh"]
            assert entry["en"]
            assert entry["source"]


def test_templates_hold_no_style_script_or_emoji():
    inline = re.compile(r"\sstyle=|<style|\son[a-z]+=|hx-on|javascript:")
    emoji = re.compile("[\U0001f300-\U0001faff\u2600-\u27bf]")
    wrong = []
    for path in SRC.rglob("templates/**/*.html"):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            if inline.search(line) or emoji.search(line):
                wrong.append(f"{path.relative_to(SRC)}:{number} {line.strip()[:80]}")
            if "<script" in line and "nonce" not in line and "application/json" not in line and "src=" not in line:
                wrong.append(f"{path.relative_to(SRC)}:{number} {line.strip()[:80]}")
    assert not wrong


def test_no_field_cuts_what_is_pasted():
    """A browser drops what is over `maxlength` without a word: the server counts, and says what it found."""
    assert not [path.relative_to(SRC) for path in SRC.rglob("templates/**/*.html") if "maxlength" in path.read_text()]


def test_scripts_stay_short_and_build_free():
    for path in SRC.rglob("static/**/*.js"):
        text = path.read_text()
        assert len(text.splitlines()) <= 150, path
        assert "eval(" not in text, path
        assert "innerHTML =" not in text, path
