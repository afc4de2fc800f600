"""The web server's door: what is read of a body, for how long, and who is answered while others dawdle."""

import asyncio
import heapq
import threading
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from gongjian.httpapi.bodies import FORM_MOST, JSON_MOST, KB, MB, TOLD, Fault
from gongjian.project.serving import bodies
from gongjian.project.serving.answers import IN_MEMORY, send
from gongjian.project.serving.app import Application, most_of
from gongjian.project.serving.bodies import DRAINED, Pace, read
from gongjian.project.serving.environ import environ_of
from gongjian.project.serving.readers import Readers

pytestmark = pytest.mark.django_db  # the end of an answer is told to Django's connections
THREADS = {"ordinary": 2, "files": 1, "health": 1}


class ImpatientLoop(asyncio.SelectorEventLoop):
    """A loop whose clock jumps to whatever is due next, so that nobody waits for a time limit."""

    ahead = 0.0

    def time(self):
        return super().time() + self.ahead

    def _run_once(self):
        if not self._ready and self._scheduled:
            self.ahead += max(0.0, heapq.nsmallest(1, self._scheduled)[0].when() - self.time())
        super()._run_once()


class Sender:
    """A body as the server hands it on; `None` stands for a sender that says nothing more, an exception for one gone."""

    def __init__(self, *pieces, pause=0.0):
        self.pieces, self.pause, self.taken = list(pieces), pause, 0

    async def __aiter__(self):
        for piece in self.pieces:
            await asyncio.sleep(self.pause)
            if piece is None:
                await asyncio.Event().wait()
            if isinstance(piece, Exception):
                raise piece
            self.taken += len(piece)
            yield piece

    async def __call__(self):
        return b"".join([piece async for piece in self])


def received(sender, *, most=JSON_MOST, declared=None):
    """Read a body on a loop of its own, and tell how many seconds it took by that loop's clock."""

    async def run():
        clock = asyncio.get_running_loop().time
        began = clock()
        body = await read(sender, most=most, declared=declared, pace=Pace())
        return body, clock() - began

    with asyncio.Runner(loop_factory=ImpatientLoop) as runner:
        return runner.run(run())


@pytest.mark.parametrize("declared", [None, 5])
def test_a_body_is_read_whole(declared):
    body, _took = received(Sender(b"he", b"llo"), declared=declared)
    with body.file:
        assert (body.file.read(), body.size, body.fault) == (b"hello", 5, None)


def test_a_body_of_the_largest_size_is_read():
    body, _took = received(Sender(b"a" * 60_000, b"b" * (JSON_MOST - 60_000)), declared=JSON_MOST)
    with body.file:
        assert (body.size, body.fault) == (JSON_MOST, None)


@pytest.mark.parametrize(
    ("pieces", "declared", "fault", "seconds"),
    {
        "declared far too large": ([b"x"], 10 * DRAINED, Fault.TOO_LARGE, 0),
        "declared too large, and sent": ([b"x" * MB], MB, Fault.TOO_LARGE, 0),
        "not declared, one too many": ([b"x" * JSON_MOST, b"x"], None, Fault.TOO_LARGE, 0),
        "not declared, without end": ([b"x" * MB] * 100, None, Fault.TOO_LARGE, 0),
        "nothing ever comes": ([None], 10, Fault.TOO_SLOW, 11),
        "nothing ever comes, in chunks": ([None], None, Fault.TOO_SLOW, 11),
        "it stops in the middle": ([b"x" * 30_000, None], 60_000, Fault.TOO_SLOW, 21),
        "the sender goes away": ([b"x", RuntimeError("closed")], 10, Fault.CUT_SHORT, 0),
        "the sender goes away, in chunks": ([b"x", RuntimeError("closed")], None, Fault.CUT_SHORT, 0),
        "less than declared": ([b"x"], 2, Fault.CUT_SHORT, 0),
        "less than declared, large": ([b"x" * 30_000], 60_000, Fault.CUT_SHORT, 0),
    }.values(),
)  # fmt: skip
def test_what_is_not_taken_is_told_and_not_kept(pieces, declared, fault, seconds):
    body, took = received(Sender(*pieces), declared=declared)
    assert (body.fault, body.size, body.file.read()) == (fault, 0, b"")
    assert took <= seconds + 5  # of which some pass on the machine itself


@pytest.mark.parametrize("declared", [None, 16 * KB, 60_000])
def test_a_byte_a_second_is_not_waited_for(declared):
    sender = Sender(*[b"x"] * 60_000, pause=1.0)
    body, took = received(sender, declared=declared)
    assert body.fault is Fault.TOO_SLOW
    assert took < 20


def test_a_telephone_that_is_slow_but_steady_is_waited_for():
    photo = [b"x" * 4_000] * 100
    body, took = received(Sender(*photo, pause=1.5), most=MB, declared=400_000)
    with body.file:
        assert body.size == 400_000
    assert took > 100


def test_what_is_endless_is_read_no_further_than_it_is_thrown_away():
    sender = Sender(*[b"x" * MB] * 100)
    received(sender)
    assert sender.taken <= JSON_MOST + DRAINED + MB


def test_a_large_body_lies_on_the_disk_not_in_memory():
    body, _took = received(Sender(*[b"x" * MB] * 3), most=4 * MB)
    with body.file:
        assert body.file._rolled


def test_a_full_disk_is_no_crash(monkeypatch):
    def full(_size):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(bodies, "SpooledTemporaryFile", full)
    body, _took = received(Sender(b"x"))
    assert body.fault is Fault.CROWDED


def test_one_address_may_not_send_everything_at_once():
    readers = Readers(most_of_one=2, most_bytes=100)
    assert readers.enter("a", 1)
    assert readers.enter("a", 1)
    assert not readers.enter("a", 1)
    assert readers.enter("b", 90)
    assert not readers.enter("c", 9)
    readers.came("a")
    assert readers.enter("a", 8)
    readers.release(90)
    assert readers.enter("c", 9)
    for sender in "aabc":
        readers.came(sender)
    assert not readers.senders


class Headers(list):
    def items(self):
        return self

    def get(self, key, default=None):
        return dict(self).get(key, default)

    def __contains__(self, key):
        return key in dict(self)


def scope(path="/", method="GET", **facts):
    headers = Headers((name, value) for name, value in facts.pop("headers", {"host": "testserver"}.items()))
    usual = {"client": "203.0.113.9:5001", "server": "127.0.0.1:8000", "query_string": "", "http_version": "1.1"}
    return SimpleNamespace(path=path, method=method, scheme="http", headers=headers, **{**usual, **facts})


def test_an_environment_as_wsgi_has_it():
    sent = [("host", "12349.example"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-forwarded-for", "1.1.1.1"),
            ("x-forwarded-for", "2.2.2.2"), ("x_forwarded_for", "9.9.9.9"), ("content-type", "text/plain"),
            ("content-length", "999")]  # fmt: skip
    found = environ_of(
        scope("/件/", "POST", headers=sent, client="[::1]:5001", query_string="a=%20"), BytesIO(b"abc"), 3
    )
    assert found["PATH_INFO"].encode("latin-1").decode() == "/件/"
    assert found["HTTP_COOKIE"] == "a=1; b=2"
    assert found["HTTP_X_FORWARDED_FOR"] == "1.1.1.1,2.2.2.2"  # what an underscore would have slipped in is gone
    assert (found["CONTENT_TYPE"], found["CONTENT_LENGTH"], found["REMOTE_ADDR"]) == ("text/plain", "3", "::1")
    assert found["QUERY_STRING"] == "a=%20"
    assert "HTTP_CONTENT_LENGTH" not in found


class Connection(Sender):
    """The server's side of one request."""

    def __init__(self, *pieces):
        super().__init__(*pieces)
        self.status, self.fields, self.content, self.file = 0, {}, b"", ""

    def response_empty(self, status, fields):
        self.status, self.fields = status, dict(fields)

    def response_bytes(self, status, fields, content):
        self.response_empty(status, fields)
        self.content = content

    def response_file(self, status, fields, name):
        self.response_empty(status, fields)
        self.content = Path(name).read_bytes()
        self.file = name


def ask(application, *wanted):
    """Let a running application answer requests that come together, (scope, connection) each."""

    async def run():
        application.__rsgi_init__(asyncio.get_running_loop())
        await asyncio.gather(*(application.__rsgi__(*one) for one in wanted))

    asyncio.run(run())


def echo(environ, start):
    """Answer with what came."""
    start("200 OK", [])
    return HttpResponse(environ["wsgi.input"].read() + str(environ.get(TOLD, "")).encode())


@pytest.mark.parametrize(
    ("sent", "pieces", "answer"),
    [
        ([], [], b""),
        ([("content-length", "0")], [], b""),
        ([("content-length", "3")], [b"abc"], b"abc"),
        ([("transfer-encoding", "chunked")], [b"ab", b"c"], b"abc"),
        ([("content-length", "90000000")], [], b"too-large"),
    ],
)
def test_an_application_gets_the_body_or_why_there_is_none(sent, pieces, answer):
    connection = Connection(*pieces)
    ask(Application(echo, THREADS), (scope("/x", "POST", headers=sent), connection))
    assert (connection.status, connection.content) == (200, answer)


def test_health_is_told_while_every_other_thread_is_taken():
    over, counted = threading.Event(), threading.Semaphore(0)

    def slow(environ, start):
        if environ["PATH_INFO"] == "/healthz":
            for _ in range(3):  # two ordinary requests and one with files hold all their threads by now
                assert counted.acquire(timeout=60)
            over.set()
        else:
            counted.release()
            assert over.wait(60)
        start("200 OK", [])
        return HttpResponse(environ["PATH_INFO"])

    form = [("content-type", "multipart/form-data; boundary=x"), ("content-length", "1")]
    held = [(scope(f"/{n}"), Connection()) for n in range(4)]
    held += [(scope("/files", "POST", headers=form), Connection(b"x")) for _ in range(3)]
    health = scope("/healthz"), Connection()
    ask(Application(slow, THREADS), *held, health)
    assert [one.status for _scope, one in [*held, health]] == [200] * 8


def test_pictures_leave_ordinary_threads_alone():
    over = threading.Event()

    def slow(environ, start):
        if environ["CONTENT_TYPE"]:
            assert over.wait(60)
        else:
            over.set()
        start("200 OK", [])
        return HttpResponse()

    form = [("content-type", "multipart/form-data; boundary=x"), ("content-length", "1")]
    pictures = [(scope("/files", "POST", headers=form), Connection(b"x")) for _ in range(8)]
    ask(Application(slow, THREADS), *pictures, (scope("/"), Connection()))


def test_a_thread_outlives_what_it_meets():
    def broken(environ, start):
        if environ["PATH_INFO"] == "/broken":
            raise OSError("no")
        return echo(environ, start)

    wanted = [(scope("/broken"), Connection()) for _ in range(5)] + [(scope("/"), Connection())]
    ask(Application(broken, THREADS), *wanted)
    assert [connection.status for _scope, connection in wanted] == [500] * 5 + [200]


def sent(response):
    connection, held = Connection(), []
    fields = [(name, value) for name, value in response.items()]
    send(response, 200, fields, connection, lambda _seconds, act: held.append(act))
    return connection, held


def test_a_file_goes_by_its_name(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x" * 100)
    connection, _held = sent(FileResponse((tmp_path / "a.jpg").open("rb")))
    assert connection.file == str(tmp_path / "a.jpg")
    assert connection.fields["Content-Length"] == "100"


def test_a_part_of_a_file_goes_by_itself(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"x" * 90 + b"y" * 10)
    file = (tmp_path / "a.jpg").open("rb")
    file.seek(90)
    connection, _held = sent(FileResponse(file))
    assert (connection.content, connection.file) == (b"y" * 10, "")


def test_a_file_without_a_name_goes_by_itself():
    connection, _held = sent(FileResponse(BytesIO(b"abc")))
    assert (connection.content, connection.file) == (b"abc", "")


def test_a_short_stream_goes_in_one_piece_and_is_closed():
    closed = []
    response = StreamingHttpResponse(iter([b"a", b"b"]))
    response._resource_closers.append(lambda: closed.append(True))
    connection, held = sent(response)
    assert (connection.content, connection.fields["content-length"], closed, held) == (b"ab", "2", [True], [])


def test_a_long_stream_waits_on_the_disk_for_its_reader():
    connection, held = sent(StreamingHttpResponse(b"x" * 1_000 for _ in range(IN_MEMORY // 1_000 + 1)))
    assert connection.file.startswith("/dev/fd/")
    assert len(connection.content) > IN_MEMORY
    assert int(connection.fields["content-length"]) == len(connection.content)
    [close] = held
    close()


TAKING_FILES = {
    "hotline:report_describe", "hotline:report_send", "hotline:field_act", "hotline:evidence", "hotline:imports",
}  # fmt: skip


def views(patterns, space=""):
    for entry in patterns:
        if isinstance(entry, URLResolver):
            yield from views(entry.url_patterns, entry.namespace or space)
        elif isinstance(entry, URLPattern):
            yield f"{space}:{entry.name}", entry.callback


def test_only_pages_that_take_files_are_sent_more_than_a_form():
    routes = views(get_resolver().url_patterns)
    found = {name: view.largest_body for name, view in routes if hasattr(view, "largest_body")}
    several = ("open311", "hotline:track_")  # routes of one view
    assert {name for name in found if not name.startswith(several)} == TAKING_FILES
    assert {name.split(":")[0] for name in found} == {"hotline", "open311"}
    assert max(found.values()) <= 64 * MB
    assert found["hotline:imports"] < 30 * MB


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/hotline/cases", JSON_MOST),
        ("/api/v1/nothing", JSON_MOST),
        ("/nothing/here", JSON_MOST),
        ("/track", FORM_MOST),
        ("/report/describe", 64_000_000),
        ("/open311/v2/requests.json", 64_000_000),
        ("/open311/v2/requests.xml", 64_000_000),
    ],
)
def test_how_much_may_be_sent_where(path, most):
    assert most_of(path) == most
