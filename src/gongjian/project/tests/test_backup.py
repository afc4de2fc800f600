"""The restore drill: what was backed up comes back whole, elsewhere, and opens."""

import io
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings
from django.core.files.base import ContentFile
from django.db import connection
from PIL import Image

from gongjian.audit.actions import seal
from gongjian.audit.models import AuditEntry
from gongjian.documents import storage
from gongjian.documents.actions import Refused, erase, store
from gongjian.documents.models import Document
from gongjian.domains.hotline.actions.intake import register_request
from gongjian.identity.actor import SYSTEM
from gongjian.project.backup import making, manifest, schedule
from gongjian.project.backup.archive import DUMP, FILES, MANIFEST, reader
from gongjian.project.launcher.cluster import OWNER, Cluster
from gongjian.project.terminal import Refusal
from gongjian.testing.cases import make_report, make_request
from gongjian.testing.cast import actor
from gongjian.testing.clock import MONDAY_MORNING
from gongjian.workdays.clock import now

BIN = Path(sys.executable).parent


@pytest.fixture
def media(settings, tmp_path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "documents"
    settings.HOME = tmp_path
    return tmp_path


def photo(shade: int) -> ContentFile:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (shade, 90, 40)).save(out, "JPEG")
    return ContentFile(out.getvalue(), name=f"{shade}.jpg")


def keep(shade: int) -> Document:
    return store(upload=photo(shade), kind="photo", actor=SYSTEM, at=MONDAY_MORNING)


def backup(folder: Path, *, shape: str = "tar", **over) -> making.Made:
    target = folder / f"gongjian-20261123-0900{over.pop('n', 0):02}{'.tar' if shape == 'tar' else ''}"
    return making.make(target=target, folder=shape != "tar", at=now(), **over)


@dataclass(frozen=True)
class Elsewhere:
    """An empty database of another server, as after the loss of the first one."""

    server: Cluster
    name: str

    def url(self, role: str) -> str:
        return f"postgresql://{role}@/{self.name}?host={self.server.socket}"


@pytest.fixture
def elsewhere(server: Cluster) -> Iterator[Elsewhere]:
    name = f"restored_{secrets.token_hex(4)}"
    with server.connect("postgres") as admin:
        admin.execute(f"create database {name} owner {OWNER}")
        yield Elsewhere(server, name)
        admin.execute(f"drop database {name} with (force)")


def restore(archive: Path, cluster: Elsewhere, home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BIN / "gongjian", "restore", archive, *words],
        env=environment(cluster, home) | env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def environment(cluster: Elsewhere, home: Path) -> dict[str, str]:
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("DATABASE_", "GONGJIAN_", "DJANGO_"))}
    keys = ",".join(root.line for root in django_settings.ROOTS)
    url = cluster.url(OWNER)
    return kept | {
        "GONGJIAN_HOME": str(home),
        "GONGJIAN_MODE": "production",
        "GONGJIAN_SECRET": keys,
        "DATABASE_OWNER_URL": url,
        "DATABASE_URL": url,
    }


ASK = """
import json
from gongjian.project.boot import boot
boot(owner=True)
from django.db import connection
from gongjian.audit.queries import verify
from gongjian.casework.models import Case, CaseParty
from gongjian.documents.models import Document
from gongjian.documents import storage
from gongjian.sealing.index import blind_index
import sys
receipt = sys.argv[1]
party = CaseParty.objects.filter(receipt_index=blind_index(receipt, "receipt")).select_related("contact").first()
print(json.dumps({
    "cases": Case.objects.count(),
    "chain": [verify().ok, verify().entries],
    "phone": party.contact.phone.open() if party else "",
    "names": [d.title for d in Document.objects.filter(erased_at=None).order_by("id")],
    "files": [storage.path_of(d.sha256).stat().st_size == d.size for d in Document.objects.filter(erased_at=None)],
}))
"""


def ask(cluster: Elsewhere, home: Path, receipt: str) -> dict:
    told = subprocess.run(
        [sys.executable, "-c", ASK, receipt], env=environment(cluster, home), capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_restore_drill(district, media, elsewhere, tmp_path_factory):
    for _ in range(3):
        make_request(state="in_progress")
    opened = register_request(report=make_report(), actor=actor("chen.jingyi"), at=MONDAY_MORNING)
    shown, hidden = keep(10), keep(20)
    erase(document_ids=[hidden.pk], actor=SYSTEM, at=MONDAY_MORNING)
    seal(MONDAY_MORNING + timedelta(hours=1))
    made = backup(media)
    assert (made.faults, made.manifest.missing, made.manifest.documents) == ([], [], 1)

    home = tmp_path_factory.mktemp("home")
    told = restore(made.path, elsewhere, home)
    assert told.returncode == 0, told.stderr
    found = ask(elsewhere, home, opened.receipt)
    assert found["cases"] == 4
    assert found["chain"][0]
    assert found["phone"].endswith("13800006021")
    assert (found["names"], found["files"]) == ([shown.title], [True])
    assert not (home / "documents" / hidden.sha256[:2] / hidden.sha256).exists()
    with psycopg.connect(elsewhere.url(OWNER)) as owner:
        # rows first counted in the snapshot, then here
        for table in ("casework_case", "casework_caseevent", "identity_user", "hotline_servicerequest"):
            assert owner.execute(f"select count(*) from {table}").fetchone()[0] == made.manifest.tables[table]
        # a new row gets a new number
        last = owner.execute("select max(id) from casework_case").fetchone()[0]
        assert owner.execute("select nextval(pg_get_serial_sequence('casework_case', 'id'))").fetchone()[0] > last
    with psycopg.connect(elsewhere.url("gongjian_app")) as app:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("delete from audit_auditentry")
        app.rollback()
        assert app.execute("select count(*) from casework_case").fetchone() == (4,)

    again = restore(made.path, elsewhere, home)
    assert again.returncode == 2
    assert "is not empty" in again.stderr


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_restore_that_is_killed_changes_nothing_and_the_next_one_works(district, media, elsewhere, tmp_path_factory):
    for shade in range(30):
        keep(shade * 8)
    make_request(state="received")
    made, home = backup(media), tmp_path_factory.mktemp("home")
    for pause in (1.2, 2.0, 2.6):
        running = subprocess.Popen(
            [BIN / "gongjian", "restore", made.path],
            env=environment(elsewhere, home),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(pause)
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        time.sleep(0.3)
        with psycopg.connect(elsewhere.url(OWNER)) as owner:
            tables = owner.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()[0]
        if tables:  # the machine was quick: it had done all
            break
    else:
        told = restore(made.path, elsewhere, home)
        assert told.returncode == 0, told.stderr
    assert ask(elsewhere, home, "X")["cases"] == 1


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_into_an_empty_folder_with_the_kept_keys_and_again_in_place(district, media, make_home, clean_env):
    """The embedded database: a new machine, then the same backup over what stands there; killed once meanwhile."""
    make_request(state="received")
    made, keys = backup(media), media / "keys.txt"
    keys.write_text("".join(f"{root.line}\n" for root in django_settings.ROOTS))
    home = make_home()
    env = clean_env | {"GONGJIAN_HOME": str(home.path), "GONGJIAN_MODE": "production"}

    def gongjian(*words):
        return subprocess.run(
            [BIN / "gongjian", *words], env=env, capture_output=True, text=True, check=False, timeout=120
        )

    def databases() -> list[str]:
        listed = gongjian("database", "--", "sh", "-c", 'psql "$DATABASE_URL" -Atc "select datname from pg_database"')
        return sorted(name for name in listed.stdout.split() if name.startswith("gongjian"))

    first = gongjian("restore", str(made.path))
    assert (first.returncode, "There is no key file" in first.stderr, home.path.exists()) == (2, True, False)
    first = gongjian("restore", str(made.path), "--keys", str(keys))
    assert first.returncode == 0, first.stderr
    assert (home.path / "secret").stat().st_mode & 0o077 == 0
    assert databases() == ["gongjian"]

    assert "is not empty" in gongjian("restore", str(made.path)).stderr
    assert "is gongjian, not other" in gongjian("restore", str(made.path), "--replace", "other").stderr
    running = subprocess.Popen(
        [BIN / "gongjian", "restore", made.path, "--replace", "gongjian"], env=env, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    time.sleep(4)
    os.killpg(running.pid, signal.SIGKILL)
    running.wait()
    again = gongjian("restore", str(made.path), "--replace", "gongjian")
    assert again.returncode == 0, again.stderr
    left = databases()
    assert "gongjian" in left
    assert "gongjian_restoring" not in left
    assert any(name.startswith("gongjian_before_") for name in left)


@pytest.mark.django_db(transaction=True)
def test_a_folder_and_one_file_hold_the_same(district, media):
    keep(10)
    one, folder = backup(media), backup(media, shape="folder")
    with reader(one.path) as first, reader(folder.path) as second:
        assert sorted(first.names()) == sorted(second.names())
        assert {DUMP, FILES, MANIFEST} < set(first.names())
    with tarfile.open(one.path) as plain:  # any tar reads it
        assert plain.getmember(DUMP).size == one.manifest.dump_bytes
    assert one.path.stat().st_mode & 0o077 == 0
    making.examine_dump(folder.path)
    assert AuditEntry.objects.filter(action=making.ACTION).count() == 2
    assert schedule.newest().name == folder.path.name


@pytest.mark.django_db(transaction=True)
def test_a_document_that_is_gone_or_changed_is_told(district, media):
    gone, changed, sound = keep(10), keep(100), keep(200)
    storage.path_of(gone.sha256).unlink()
    storage.path_of(changed.sha256).write_bytes(b"other")
    made = backup(media)
    assert sorted(made.manifest.missing) == sorted([gone.sha256, changed.sha256])
    assert (made.faults, made.manifest.documents) == ([], 2)
    assert schedule.newest().detail.startswith("missing 2")
    assert sound.sha256 not in made.manifest.missing


@pytest.mark.django_db(transaction=True)
def test_a_changed_byte_is_found(district, media):
    keep(10)
    made = backup(media)
    whole = made.path.read_bytes()
    for place in (len(whole) // 2, whole.index(b"documents/") + 700, whole.index(b'"tables"') + 40):
        broken = bytearray(whole)
        broken[place] ^= 0xFF
        made.path.write_bytes(bytes(broken))
        with suppress(Refusal), reader(made.path) as archive:  # refused when the manifest itself no longer reads
            assert manifest.faults(archive, manifest.read_manifest(archive))
    made.path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(Refusal, match="unfinished"), reader(made.path) as archive:
        manifest.read_manifest(archive)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_is_refused_before_anything_is_written(district, media, settings):
    settings.DISK_HELD_BACK = 10**18
    with pytest.raises(Refusal, match="too little room"):
        backup(media)
    assert not list(media.glob("gongjian-*"))
    with pytest.raises(Refused, match="磁盘快满了"):
        keep(10)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk")
@pytest.mark.django_db(transaction=True)
def test_a_disk_that_fills_up_meanwhile_leaves_nothing(district, media, settings):
    small = media / "small"
    small.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200k", "tmpfs", small], check=False).returncode:
        pytest.skip("no disk can be mounted here")
    try:
        settings.DISK_HELD_BACK = -(10**12)  # as if there were room
        with pytest.raises(Refusal, match="became full"):
            backup(small)
        assert [path.name for path in small.iterdir()] == [".gongjian-backup"]
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_backup_left_is_cleared_and_two_at_once_are_one(district, media):
    (media / "gongjian-20261122-0900.tar.part").write_bytes(b"half")
    (media / "gongjian-20261122-0901.part").mkdir()
    with making._alone(media), pytest.raises(Refusal, match="Another backup"):
        backup(media)
    backup(media)
    assert not list(media.glob("*.part"))
    with pytest.raises(Refusal, match="exists already"):
        backup(media)


@pytest.mark.django_db(transaction=True)
def test_writes_during_the_backup_are_not_in_it(district, media):
    before, _ = make_request(state="received"), keep(40)
    seen = []

    def meanwhile(_zh, en):
        if en == "Copying documents":
            with psycopg.connect(conninfo()) as other:
                other.execute("update casework_case set title = 'later' where id = %s", [before.pk])
                other.execute(
                    "insert into documents_document(sha256, mime, size, name, kind, retention, created_at, claim_token)"
                    " select repeat('0', 64), mime, size, name, kind, retention, created_at, '' from documents_document"
                )
            seen.append(en)

    made = backup(media, progress=meanwhile)
    assert seen
    assert (made.faults, made.manifest.missing) == ([], [])
    assert (made.manifest.documents, made.manifest.tables["documents_document"]) == (1, 1)


def conninfo() -> str:
    given = connection.get_connection_params()
    return psycopg.conninfo.make_conninfo(host=given["host"], user=given["user"], dbname=given["dbname"])


def keeps(path: Path, **over) -> Path:
    """Change facts in a folder's manifest."""
    facts = json.loads((path / MANIFEST).read_text())
    (path / MANIFEST).write_text(json.dumps({**facts, **over}))
    return path


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_cannot_be_restored_is_refused_with_a_sentence(district, media, elsewhere, tmp_path_factory):
    made, home = backup(media, shape="folder"), tmp_path_factory.mktemp("home")
    sound = media / "sound"
    shutil.copytree(made.path, sound)

    told = restore(sound, elsewhere, home, GONGJIAN_SECRET="cd" * 32)
    assert (told.returncode, "not those the backup was written with" in told.stderr) == (2, True)
    told = restore(sound, elsewhere, home, GONGJIAN_SECRET="")
    assert (told.returncode, "There is no key file here" in told.stderr) == (2, True)
    told = restore(sound, elsewhere, home, "--replace", "gongjian")
    assert (told.returncode, "make an empty one" in told.stderr) == (2, True)
    told = restore(keeps(made.path, version="99.0.0"), elsewhere, home)
    assert (told.returncode, "newer version (99.0.0)" in told.stderr) == (2, True)
    facts = json.loads((sound / MANIFEST).read_text())
    newer = [*facts["migrations"], "casework.9999_later"]
    told = restore(keeps(made.path, version=facts["version"], migrations=newer), elsewhere, home)
    assert (told.returncode, "casework.9999_later" in told.stderr) == (2, True)
    told = restore(keeps(made.path, format=2), elsewhere, home)
    assert (told.returncode, "format 2" in told.stderr) == (2, True)
    with (sound / DUMP).open("r+b") as dump:
        dump.seek(1000)
        dump.write(b"xxxx")
    told = restore(sound, elsewhere, home)
    assert (told.returncode, "database.dump changed" in told.stderr) == (2, True)
    assert "Traceback" not in told.stderr
    with psycopg.connect(elsewhere.url(OWNER)) as owner:
        assert owner.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone() == (0,)


@pytest.mark.django_db(transaction=True)
def test_the_daily_backup_keeps_as_many_as_it_should(district, media, settings):
    settings.BACKUP_FOLDER, settings.BACKUP_DAILY, settings.BACKUP_KEEP = media / "backups", True, 2
    at = now()
    (media / "backups").mkdir()
    (media / "backups" / "notes.tar").write_text("not ours")
    for day in range(3):
        assert schedule.sweep_backup(at=at + timedelta(days=day)) == min(day + 1, 2)
    kept = sorted(path.name for path in (media / "backups").glob("*.tar"))
    assert kept == [f"{making.name_of(at + timedelta(days=d))}.tar" for d in (1, 2)] + ["notes.tar"]


@pytest.mark.django_db
def test_a_demonstration_is_not_backed_up_by_itself(settings):
    settings.BACKUP_DAILY = False
    assert schedule.sweep_backup(at=now()) == 0
