"""Two strangers' files are looked at at a time, in all processes together; whoever waits too long is told to come again."""

import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings

from gongjian.documents import engine
from gongjian.documents.actions import Busy
from gongjian.documents.engines import start
from gongjian.documents.models import Document
from gongjian.documents.tests import make
from gongjian.documents.tests.conftest import files_in, hand_in

pytestmark = pytest.mark.django_db
HOLD = """
import fcntl, sys
held = [open(name, "w") for name in sys.argv[1:]]
for file in held: fcntl.flock(file, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(engine, "WAIT_S", 0.0)


def test_a_third_file_is_told_to_come_again_and_nothing_of_it_is_kept(impatient, media):
    with engine.seat(), engine.seat(), pytest.raises(Busy) as told:
        hand_in(make.jpeg(), kind="photo")
    assert (told.value.field, "过十几秒再交" in str(told.value)) == ("file", True)
    assert not Document.objects.exists()
    assert not files_in(media)
    assert hand_in(make.jpeg(), kind="photo").is_image


@pytest.mark.parametrize("content", [make.jpeg(), make.pdf(), make.mp3()], ids=["picture", "paper", "sound"])
def test_every_kind_of_file_takes_a_seat(content, impatient):
    with engine.seat(), engine.seat(), pytest.raises(Busy):
        hand_in(content)


def test_seats_are_those_of_the_machine_not_of_a_process(impatient):
    with engine.seat():
        pass
    seats = [str(settings.HOME / "engines" / f"seat-{n}") for n in range(engine.SEATS)]
    other = subprocess.Popen([sys.executable, "-c", HOLD, *seats], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Busy):
            hand_in(make.jpeg(), kind="photo")
        other.stdin.close()
    assert hand_in(make.jpeg(), kind="photo").is_image  # a process that is gone holds nothing


def test_who_stood_in_the_queue_long_enough_does_not_wait_once_more():
    def late():
        engine.handed_in.set(time.monotonic() - engine.WAIT_S)
        with engine.seat():
            return True

    with engine.seat(), engine.seat(), ThreadPoolExecutor(1) as pool, pytest.raises(engine.EnginesBusy):
        pool.submit(late).result(engine.WAIT_S / 2)


def test_whoever_waits_gets_the_seat_that_becomes_free():
    taken, free, order = threading.Event(), threading.Event(), []

    def first():
        with engine.seat():
            taken.set()
            assert free.wait(60)
            order.append("first")

    def second():
        with engine.seat():
            order.append("second")

    with engine.seat(), ThreadPoolExecutor(2) as pool:
        one = pool.submit(first)
        assert taken.wait(60)
        two = pool.submit(second)
        free.set()
        one.result(60)
        two.result(60)
    assert order == ["first", "second"]


def test_never_more_than_two_work_at_once():
    lock, at_work, most = threading.Lock(), [], []

    def work(number):
        with engine.seat():
            with lock:
                at_work.append(number)
                most.append(len(at_work))
            with lock:
                at_work.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert max(most) <= engine.SEATS


@pytest.mark.parametrize("name", ["imaging", "papers", "typeset"])
def test_an_engine_may_want_so_much_and_no_more(name):
    ask = (
        "import json, os, resource, sys; sys.path.insert(0, sys.argv[1]); import start; start.limit(sys.argv[2]); "
        "print(json.dumps([resource.getrlimit(resource.RLIMIT_AS)[0], resource.getrlimit(resource.RLIMIT_CPU)[0], "
        "os.nice(0)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", ask, str(engine.START.parent), name], capture_output=True, text=True, check=True
    )
    memory, seconds, behind = json.loads(done.stdout)
    assert (memory, seconds) == start.LIMITS.get(name, start.USUAL)
    assert (behind > 0) == (name in start.LIMITS)
    assert memory <= 2_000_000_000
    assert seconds <= engine.PATIENCE_S
