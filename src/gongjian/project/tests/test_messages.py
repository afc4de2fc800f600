from pathlib import Path

import polib
import pytest

from gongjian.project import extraction, messages
from gongjian.project.extraction import Words, check_room, conflicts, words_of, write_missing


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for module in (extraction, messages):
        monkeypatch.setattr(module, "PACKAGE", tmp_path)
    room = tmp_path / "lamps"
    (room / "templates" / "lamps").mkdir(parents=True)
    (room / "apps.py").write_text("")
    (room / "words.py").write_text(
        'x = _("路灯")\ny = pgettext("verb", "转")\nz = ngettext("%(n)s 盏", "%(n)s 盏", n)\n'
    )
    (room / "templates" / "lamps" / "page.html").write_text(
        "{% load i18n %}{% blocktranslate with a=b %}坏了 {{ a }}{% endblocktranslate %}"
    )
    return room


def fill(room: Path, **texts: str) -> polib.POFile:
    catalogue = polib.pofile(str(room / messages.CATALOGUE))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: "%(n)s lamp", 1: "%(n)s lamps"}
        else:
            entry.msgstr = texts.get(entry.msgid, "word")
    catalogue.save()
    return catalogue


def test_words_are_found_in_code_and_templates(room):
    assert set(words_of(room)) == {
        Words("", "路灯"),
        Words("verb", "转"),
        Words("", "%(n)s 盏", "%(n)s 盏"),
        Words("", "坏了 %(a)s"),
    }


def test_missing_words_are_told_and_written(room):
    assert {finding.problem for finding in check_room(room)} == {"missing"}
    assert write_missing() == 4
    assert write_missing() == 0
    assert {finding.problem for finding in check_room(room)} == {"has no text"}


def test_full_catalogue_is_accepted_and_compiled_once(room):
    write_missing()
    fill(room, **{"坏了 %(a)s": "%(a)s is broken"})
    assert check_room(room) == []
    assert messages.compile_catalogues() == 1
    assert messages.compile_catalogues() == 0
    assert polib.mofile(str((room / messages.CATALOGUE).with_suffix(".mo"))).find("路灯").msgstr == "word"


def test_foreign_placeholder_is_told(room):
    write_missing()
    fill(room, **{"坏了 %(a)s": "%(b)s is broken"})
    assert [finding.words.singular for finding in check_room(room)] == ["坏了 %(a)s"]


def test_two_rooms_may_not_disagree(room):
    write_missing()
    fill(room)
    other = room.parent / "poles"
    other.mkdir()
    (other / "apps.py").write_text("")
    (other / "words.py").write_text('x = _("路灯")\n')
    write_missing()
    fill(other, 路灯="lamp post")
    assert len(conflicts()) == 1
    assert "路灯" in conflicts()[0]
