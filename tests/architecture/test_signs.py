"""Values are joined as the language of the page joins them: full-width signs stand in Chinese texts, nowhere else.

What joins is in `listed` of listing.py and `labelled`, `bracketed`, `one_line` of web/words.py, which ask the language.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.test_house_rules import CODE, SRC

JOINING = {SRC / "listing.py", SRC / "web" / "words.py"}
# They say everything in both languages side by side, on a terminal or in invented records.
BOTH = {SRC / "project", SRC / "demo" / "wording.py", SRC / "places" / "territory.py"}
SIGNS = re.compile("[：；、，。（）]")
CHINESE = re.compile("[\u4e00-\u9fff]")
ASKED = re.compile(r"chinese|english|language|zh\b")  # one half of a choice between languages
TAG = re.compile(r"\{[{%#].*?[}%#]\}")
TRANSLATED = re.compile(
    r"\{% blocktranslate.*?\{% endblocktranslate %\}|\{% comment.*?\{% endcomment %\}|\{%-?\s*translate .*?%\}",
    re.DOTALL,
)


def only_signs(text: str) -> bool:
    """Whether a text has full-width signs and no Chinese word to which they would belong."""
    return SIGNS.search(text) is not None and CHINESE.search(text) is None


def faults(tree: ast.AST) -> Iterator[int]:
    """Yield the lines where values are joined by a full-width sign whatever the language."""
    chosen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.IfExp) and ASKED.search(ast.unparse(node.test))
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in chosen:
            continue
        if isinstance(node, ast.JoinedStr):
            said = "".join(str(part.value) for part in node.values if isinstance(part, ast.Constant))
            if only_signs(said):
                yield node.lineno
        elif isinstance(node, ast.Call):
            yield from _faults_of_call(node)


def _faults_of_call(node: ast.Call) -> Iterator[int]:
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    if name == "join" and isinstance(node.func, ast.Attribute):
        parts: list[ast.expr] = [node.func.value]
    else:
        parts = list(node.args[:1]) if name in {"format_lazy", "format_html"} else []
    for part in parts:
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and only_signs(part.value):
            yield node.lineno


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('f"{label}：{words}"', True),
        ('"、".join(names)', True),
        ('format_lazy("{noun}：{act}", noun=noun, act=act)', True),
        ('f"{word}（{n}）"', True),
        ('f"{label}: {words}" if english() else f"{label}：{words}"', False),
        ('f"第 {n} 行：{words}"', False),
        ('", ".join(names)', False),
    ],
)
def test_what_is_found(said, told):
    assert bool(list(faults(ast.parse(said)))) is told


def test_no_module_joins_values_by_a_full_width_sign():
    found = [
        f"{path.relative_to(SRC)}:{line}"
        for path in CODE
        if path not in JOINING
        and BOTH.isdisjoint({path, *path.parents})
        and not {"tests", "testing", "migrations"} & set(path.parts)
        for line in faults(ast.parse(path.read_text()))
    ]
    assert found == []


def test_no_template_joins_values_by_a_full_width_sign():
    found = []
    for path in [*SRC.rglob("templates/**/*.html"), *SRC.rglob("templates/**/*.en.txt")]:
        bare = TAG.sub("", TRANSLATED.sub("", path.read_text()))
        found += [f"{path.relative_to(SRC)}: {line.strip()}" for line in bare.splitlines() if SIGNS.search(line)]
    assert found == []
