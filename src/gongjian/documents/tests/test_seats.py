"""Two strangers' files are looked at at a time, in all processes together; whoever waits too long is told to come again."""

import io
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from gongjian.documents import engine, rules
from gongjian.documents.actions import Busy
from gongjian.documents.engines import start
from gongjian.documents.models import Document
from gongjian.documents.pixels import pixels
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


@contextmanager
def full():
    """Both seats are taken."""
    with engine.seat(quick=True), engine.seat(quick=True):
        yield


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(engine, "WAIT_S", 0.0)


def test_a_third_file_is_told_to_come_again_and_nothing_of_it_is_kept(impatient, media):
    with full(), pytest.raises(Busy) as told:
        hand_in(make.jpeg(), kind="photo")
    assert (told.value.field, "过十几秒再交" in str(told.value)) == ("file", True)
    assert not Document.objects.exists()
    assert not files_in(media)
    assert hand_in(make.jpeg(), kind="photo").is_image


@pytest.mark.parametrize("content", [make.jpeg(), make.pdf(), make.mp3()], ids=["picture", "paper", "sound"])
def test_every_kind_of_file_takes_a_seat(content, impatient):
    with full(), pytest.raises(Busy):
        hand_in(content)


def test_seats_are_those_of_the_machine_not_of_a_process(impatient):
    with engine.seat(quick=True):
        pass
    seats = [str(settings.HOME / "engines" / name) for name in engine.SEATS]
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
        with engine.seat(quick=True):
            return True

    with full(), ThreadPoolExecutor(1) as pool, pytest.raises(engine.EnginesBusy):
        pool.submit(late).result(engine.WAIT_S / 2)


def test_whoever_waits_gets_the_seat_that_becomes_free():
    taken, free, order = threading.Event(), threading.Event(), []

    def first():
        with engine.seat(quick=True):
            taken.set()
            assert free.wait(60)
            order.append("first")

    def second():
        with engine.seat(quick=True):
            order.append("second")

    with engine.seat(quick=True), ThreadPoolExecutor(2) as pool:
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
        with engine.seat(quick=True):
            with lock:
                at_work.append(number)
                most.append(len(at_work))
            with lock:
                at_work.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(40)))
    assert max(most) <= len(engine.SEATS)


def test_what_takes_its_time_leaves_a_seat_for_what_is_done_in_no_time(impatient):
    large = make.png(size=(2_500, 2_100))  # 5.25 megapixels
    with engine.seat(quick=False):
        with pytest.raises(Busy):
            hand_in(large, kind="photo")
        with pytest.raises(Busy):
            hand_in(make.pdf())
        assert hand_in(make.jpeg(), kind="photo").is_image
    assert hand_in(large, kind="photo").width == rules.LONGEST_SIDE


def test_no_more_than_one_waits_behind_what_takes_its_time():
    taken, over = threading.Event(), threading.Event()

    def work():
        with engine.seat(quick=False):
            taken.set()
            assert over.wait(60)

    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(work) for _ in range(engine.MOST_LONG)]
        assert taken.wait(60)
        began = time.monotonic()
        while engine._long._value:  # the second one stands in the line
            assert time.monotonic() - began < 60
        with pytest.raises(engine.EnginesBusy), engine.seat(quick=False):
            pass  # at once, whatever the patience
        over.set()
        for job in jobs:
            job.result(60)


PICTURES = {
    "jpeg": make.jpeg(size=(640, 400)),
    "jpeg turned": make.jpeg(size=(640, 400), orientation=6),
    "png": make.png(size=(640, 400)),
    "webp": make.image("WEBP", (640, 400)),
    "webp lossless": make.image("WEBP", (640, 400), lossless=True),
    "webp with a profile": make.image("WEBP", (640, 400), exif=make.exif()),
    "jpeg progressive": make.image("JPEG", (640, 400), progressive=True),
    "jpeg grey": make.image("JPEG", (640, 400), mode="L"),
}


@pytest.mark.parametrize("content", PICTURES.values(), ids=PICTURES)
def test_a_head_tells_how_many_pixels(content):
    assert pixels(io.BytesIO(content)) == 640 * 400


@pytest.mark.parametrize("content", [make.heic(), make.pdf(), b"", b"\xff\xd8\xff", b"RIFF", make.png()[:20]])
def test_what_cannot_be_told_counts_as_large(content):
    assert pixels(io.BytesIO(content)) is None


@given(st.sampled_from([b"", b"\xff\xd8", b"\x89PNG", b"RIFF"]), st.binary(max_size=300))
def test_no_head_is_too_strange(start_of_it, rest):
    found = pixels(io.BytesIO(start_of_it + rest))
    assert found is None or found >= 0


@pytest.mark.parametrize("name", [*start.LIMITS, "typeset"])
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
    assert behind == start.BEHIND.get(name, 0)
    assert memory <= 2_000_000_000
