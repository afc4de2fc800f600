"""What the documents tell people to type: every command exists as written, and the quick ones are run as written.

In the documents a word in CAPITALS stands for what the reader puts there, [brackets] for what may be left out, a bar
between choices, and three dots for more of the same. A bare `gongjian keys` only names a command.
"""

import argparse
import re
import shlex
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from pkgutil import resolve_name
from typing import NamedTuple

import pytest

from gongjian.documents.sheets import Column, write_xlsx
from gongjian.project import cli

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", ROOT / "README.zh-CN.md", ROOT / "src/gongjian/web/README.md"]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md"))
FENCE = re.compile(r"^```[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
# What stands before a command without being one: another user, an environment, a variable.
BEFORE = re.compile(
    r"^(?:sudo(?: -u \S+)? |env (?:\$\([^)]*\) )?|ExecStart=|[A-Z_]+=(?:<[^>]*>|\S*) |[\w./]*/(?=gongjian ))+"
)
PLACEHOLDER = re.compile(r"^<.*>$|^[A-Z]+(\.[a-z]+)?$")
DOTS = {"...", "…"}
HEADS = ("原编号", "状态", "登记时间", "描述")
TARGET = re.compile(r"^([a-z-]+):", re.MULTILINE)
# Variables that `make` hands on to what it starts.
HANDED_ON = re.compile(r"^(PORT|GONGJIAN_[A-Z_]+|GOLDEN)$")


class Told(NamedTuple):
    """A command as a document has it."""

    place: str
    words: str


def commands_of(text: str) -> Iterator[str]:
    """Yield the commands of a document."""
    lines = [line for block in FENCE.findall(text) for line in block.splitlines()]
    lines += INLINE.findall(FENCE.sub("", text))
    for line in lines:
        for part in re.split(r"\s(?:&&|;|--)\s", line.partition(" #")[0].partition("\t#")[0]):
            words = BEFORE.sub("", part.strip())
            if re.match(r"(gongjian|make)( [^\d\s=<>]|$)|(\.venv/bin/)?python3? -m ", words):
                yield words


COMMANDS = sorted(
    {Told(str(path.relative_to(ROOT)), one) for path in DOCUMENTS for one in commands_of(path.read_text())}
)


def variants(words: str) -> Iterator[list[str]]:
    """Yield the lines a reader may type: with and without what stands in brackets, each of the choices."""
    for chosen in choices(words):
        for kept in (r"\1", ""):
            typed = shlex.split(re.sub(r"\[([^\]]*)\]", kept, chosen))
            yield from map(list, product(*(word.split("|") for word in filled(typed))))


def choices(words: str) -> Iterator[str]:
    """Yield `keys status` and `keys rotate` of `keys status | rotate`."""
    first, *others = re.split(r" \| (?![^\[]*\])", words)
    yield first
    yield from (f"{' '.join(first.split()[:2])} {other}" for other in others)


def filled(typed: list[str]) -> Iterator[str]:
    """Put a 1, which is a text, a number and a path, for each placeholder; three dots after a value say nothing more."""
    before = ""
    for word in typed:
        if word not in DOTS:
            yield "1" if PLACEHOLDER.match(word) else word
        elif before.startswith("--") or "=" in before:
            yield "1"
        before = word


class WrongError(Exception):
    """A command that does not exist as it is written."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong instead of ending the process."""

    def error(self, message: str) -> None:
        raise WrongError(message)


def parser_of(name: str) -> Parser:
    if name not in {command.name for command in cli.COMMANDS}:
        raise WrongError(f"there is no gongjian {name}")
    parser = Parser(prog=f"gongjian {name}", exit_on_error=True)
    resolve_name(f"gongjian.project.commands.{name}").arguments(parser)
    return parser


def only_names(parser: argparse.ArgumentParser, words: list[str]) -> bool:
    """Whether the words name a command and nothing more: `gongjian keys save`."""
    acts = [one for one in parser._actions if one.choices and not one.option_strings]
    return not words or (len(words) == 1 and any(words[0] in one.choices for one in acts))


def check_gongjian(words: list[str]) -> None:
    if not words or words[0] in {"--help", "1"} | DOTS:
        return
    parser = parser_of(words[0])
    if "--help" not in words and not only_names(parser, words[1:]):
        parser.parse_args(words[1:])


def check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    for word in words:
        name, given, _value = word.partition("=")
        if given and f"$({name})" not in makefile and not HANDED_ON.match(name):
            raise WrongError(f"the Makefile knows no {name}")
        if not given and word not in TARGET.findall(makefile):
            raise WrongError(f"there is no make {word}")


def check_python(words: list[str]) -> None:
    if find_spec(words[1]) is None:
        raise WrongError(f"there is no module {words[1]}")


CHECKS = {"gongjian": check_gongjian, "make": check_make, "python": check_python, "python3": check_python}


def check(words: str) -> None:
    for line in variants(words):
        CHECKS[Path(line[0]).name](line[1:])


@pytest.mark.parametrize("one", COMMANDS, ids=lambda one: f"{one.place}: {one.words}")
def test_a_command_in_a_document_exists_as_written(one):
    check(one.words)


def test_the_documents_hold_commands():
    assert len(COMMANDS) > 50


@pytest.mark.parametrize(
    "words",
    [
        "gongjian fly",
        "gongjian hotline import FILE --dryrun",
        "gongjian keys status | burn",
        "gongjian maintenance on [--hours 2]",
        "gongjian territory load FILE --crs wgs84|bd09",
        "gongjian queue retry SOMETHING else",
        "gongjian admin USER",
        "make fly",
        "make demo CASE=1000",
        "python -m gongjian.nothing",
    ],
)
def test_a_command_that_does_not_exist_is_seen(words):
    with pytest.raises(WrongError):
        check(words)


@pytest.mark.parametrize(
    "words",
    [
        "gongjian keys status | rotate | save FILE",
        "gongjian keys save",
        "gongjian demo leave [--dry-run] [--keep USER ...] [--report FILE]",
        "gongjian queue discard NUMBER --reason ...",
        "gongjian database",
        "gongjian backup --help",
        'make test ARGS="-k figures"',
        "make",
    ],
)
def test_the_ways_of_writing_one_are_understood(words):
    check(words)


def test_a_command_is_found_behind_what_stands_before_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = Path("page.md")
    page.write_text(
        "Say `PORT=8001 make run`, `ExecStart=/srv/.venv/bin/gongjian run` or `gongjian database -- gongjian backup`.\n"
        "```sh\nsudo -u gongjian git clone x && sudo -u gongjian make install   # once\n"
        "sudo -u gongjian env $(cat env) .venv/bin/gongjian doctor\n```\n"
    )
    assert list(commands_of(page.read_text())) == [
        "make install", "gongjian doctor", "make run", "gongjian run", "gongjian database", "gongjian backup",
    ]  # fmt: skip


# What can be run at once, and how it ends; None where that depends on the installation.
QUICK = {
    "gongjian clocks": 0,
    "gongjian doctor": None,
    "gongjian doctor --json": None,
    "gongjian hotline import --template 模板.xlsx": 0,
    "gongjian hotline import records.xlsx --dry-run": 0,
    "gongjian hotline import 记录.xlsx --dry-run": 0,
    "gongjian maintenance off": 0,
    'gongjian maintenance on --minutes 20 --reason "系统升级"': 0,
    "gongjian queue": 0,
}


def test_what_is_run_here_stands_in_a_document():
    assert QUICK.keys() <= {one.words for one in COMMANDS}


@pytest.fixture
def desk(district, tmp_path, monkeypatch):
    """A folder with last year's records, as somebody has them who reads the document."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GONGJIAN_HOME", str(tmp_path))
    monkeypatch.setenv("GONGJIAN_DB_ROLE", "")  # so that what a command sets is taken back
    for name in ("records.xlsx", "记录.xlsx"):
        write_xlsx(Path(name), [Column(head) for head in HEADS], [["A-1", "已办结", "2025-11-03 09:30", "路灯不亮"]])
    return tmp_path


@pytest.mark.django_db
@pytest.mark.parametrize("words", QUICK)
def test_a_quick_command_runs_as_written(words, desk, capsys):
    code = cli.run(shlex.split(words)[1:])
    assert code == QUICK[words] or QUICK[words] is None
    told = capsys.readouterr()
    assert "Traceback" not in told.out + told.err
