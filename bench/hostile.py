"""Eight hostile clients at once, and honest ones beside them: what do the honest ones notice?

Each hostile client does one thing over and over for the whole time: bodies without measure, bodies without end, bodies
that never come, pictures that unfold. The honest ones read pages, report in words and with a photo, ask for health.
"""

import asyncio
import io
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import count, cycle
from uuid import uuid4

from PIL import Image

from bench import load

TOKEN = "b" * 32
CASES, SEND, DESCRIBE = "/api/v1/hotline/cases", "/report/send", "/report/describe"
OPEN311 = "/open311/v2/requests.json"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BOUNDARY = "boundary-of-the-bench"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"
PAUSE = 0.02  # between two requests of one honest client; people do not hammer
DRIP = 0.4
LAST_ANSWER_S = 5
SHORT = 4_000
addresses = count(1)

type Work = Callable[[int, float], Awaitable[None]]


@dataclass
class Report:
    """What came of it."""

    honest: dict[str, list[float]] = field(default_factory=dict)  # milliseconds of each answer, by kind of request
    statuses: dict[str, Counter[str]] = field(default_factory=dict)  # of everybody
    seconds: float = 0.0

    def note(self, kind: str, status: object, took: float | None = None) -> None:
        self.statuses.setdefault(kind, Counter())[str(status)] += 1
        if took is not None:
            self.honest.setdefault(kind, []).append(1000 * took)

    def percentile(self, share: float, kind: str = "") -> float:
        """Return the time within which this share of the honest requests was answered, of one kind or of all."""
        took = sorted(self.honest[kind] if kind else [ms for every in self.honest.values() for ms in every])
        return took[min(len(took) - 1, int(len(took) * share))] if took else 0.0

    def lines(self) -> Iterator[str]:
        """Yield the table of the honest requests, then what the hostile ones got."""
        yield f"{'honest':<16}{'requests':>9}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}  statuses"
        for kind in [*self.honest, ""]:
            took = self.honest[kind] if kind else [ms for every in self.honest.values() for ms in every]
            told = dict(self.statuses[kind]) if kind else ""
            half, most = self.percentile(0.5, kind), self.percentile(0.99, kind)
            yield f"{kind or 'all':<16}{len(took):>9}{half:>9.1f}{most:>9.1f}{max(took, default=0.0):>9.1f}  {told}"
        yield from (f"{kind:<24}{dict(told)}" for kind, told in self.statuses.items() if kind not in self.honest)


def address() -> str:
    """Return an address that nobody has come from yet: limits by address are not what is tried here."""
    n = next(addresses)
    return f"25.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"


def post(path: str, body: bytes, content_type: str, **headers: str) -> bytes:
    """Return a form post as a page sends it."""
    return load.request(
        "POST", path, body, Content_Type=content_type, X_Forwarded_For=address(), X_CSRFToken=TOKEN,
        Cookie=f"csrftoken={TOKEN}", **headers,
    )  # fmt: skip


def multipart(fields: dict[str, str], photo: bytes) -> bytes:
    """Return a form with one photo."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n'.encode()
    return b"".join([*parts, head, photo, f"\r\n--{BOUNDARY}--\r\n".encode()])


def picture(kind: str, size: tuple[int, int], mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, "navy").save(out, kind)
    return out.getvalue()


def unmeasured() -> Iterator[bytes]:
    """Yield bodies of JSON that are large, deep or made to be misread."""
    keys = json.dumps({"text": "x", **{f"key{n}": n for n in range(200_000)}}).encode()
    bodies = [
        keys,
        json.dumps({"text": "x", **{f"k{n}": n for n in range(3_000)}}).encode(),
        b'{"text": ' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        b'{"text": "x", "lon": ' + b"9" * 5_000 + b"}",
        b'{"text": "x", "lon": 1e400}',
        b'{"text": "x", "text": "y"}',
        b'{"text": "\xff\xfe"}',
        b'\\"' * 32_000,
    ]
    for body in cycle(bodies):
        yield load.request("POST", CASES, body, Content_Type=JSON, X_Forwarded_For=address())


def forms() -> Iterator[bytes]:
    """Yield forms of too many fields, parts and bytes."""
    bodies = [
        (OPEN311, b"&".join(b"a%d=1" % n for n in range(20_000)), FORM),
        ("/track", b"a=" + b"x" * 5_000_000, FORM),
        (SEND, f"--{BOUNDARY}\r\nContent-Disposition: form-data; name=a\r\n\r\n\r\n".encode() * 9_000, MULTIPART),
        (CASES, b"x" * 3_000_000, MULTIPART),
    ]
    for path, body, content_type in cycle(bodies):
        yield post(path, body, content_type)


def photos(content: bytes) -> Callable[[], Iterator[bytes]]:
    """Return a supply of reports with this photo."""

    def supply() -> Iterator[bytes]:
        while True:
            fields = {
                "kind": "complaint", "words": "路灯不亮", "topic": "", "address": "海景二路 128 号",
                "description": "门口的路灯连续三晚不亮。", "phone": "13800006021", "consent": "on",
                "language": "zh-hans", "owner": "",
            }  # fmt: skip
            yield post(SEND, multipart(fields, content), MULTIPART, Idempotency_Key=uuid4().hex, Accept=JSON)

    return supply


async def hammer(report: Report, kind: str, supply: Iterator[bytes], port: int, until: float) -> None:
    """Send one after the other on connections that are used until the server closes them."""
    while time.perf_counter() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.perf_counter() < until:
                writer.write(next(supply))
                report.note(kind, (await load.answer(reader))[0])
        except (OSError, asyncio.IncompleteReadError):
            report.note(kind, "cut")
        finally:
            writer.close()


async def drip(report: Report, kind: str, head: bytes, port: int, until: float) -> None:
    """Begin a request and send a byte from time to time; begin again when the server has had enough."""
    while time.perf_counter() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answer = asyncio.ensure_future(reader.read(9 + 3))
        try:
            writer.write(head)
            while not answer.done() and time.perf_counter() < until:
                writer.write(b"a")
                await asyncio.wait([answer], timeout=DRIP)
            report.note(kind, (answer.result()[9:].decode() or "cut") if answer.done() else "held to the end")
        except OSError:
            report.note(kind, "cut")
        finally:
            answer.cancel()
            writer.close()


async def flood(report: Report, kind: str, path: str, port: int, until: float) -> None:
    """Send one body in chunks without end."""
    piece = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    while time.perf_counter() < until:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(load.request("GET", path, Transfer_Encoding="chunked").replace(b"GET", b"POST", 1))
            async with asyncio.timeout(until - time.perf_counter()):
                while True:
                    writer.write(piece)
                    await writer.drain()
        except TimeoutError:
            report.note(kind, "held to the end")
        except OSError:
            report.note(kind, "cut")
        finally:
            writer.close()


def hostile(report: Report) -> list[Work]:
    """Return the eight."""
    bomb, clear = picture("PNG", (7_000, 7_000)), picture("PNG", (7_000, 7_000), "RGBA")
    slow_form = load.request("GET", DESCRIBE, Content_Type=MULTIPART, Content_Length="600000").replace(
        b"GET", b"POST", 1
    )
    slow_json = load.request("GET", CASES, Content_Type=JSON, Content_Length="9000").replace(b"GET", b"POST", 1)
    supplies = {"json": unmeasured(), "forms": forms(), "picture": photos(bomb)(), "clear picture": photos(clear)()}
    works: list[Work] = [
        lambda port, until, kind=kind, supply=supply: hammer(report, kind, supply, port, until)
        for kind, supply in supplies.items()
    ]
    heads = {"slow form": slow_form, "slow json": slow_json, "slow head": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: "}
    works += [
        lambda port, until, kind=kind, head=head: drip(report, kind, head, port, until) for kind, head in heads.items()
    ]
    works.append(lambda port, until: flood(report, "endless", CASES, port, until))
    return works


def honest(first: int, photo: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield what one honest client asks for, by kind."""
    words = json.dumps({"text": "门口的路灯连续三晚不亮。", "reporter": {"phone": "13800006021"}}).encode()
    reports = photos(photo)()
    for n in count(first):
        yield "health", load.request("GET", "/healthz")
        yield "page", load.request("GET", "/", Accept_Language="en" if n % 2 else "zh")
        yield "report", load.request("POST", CASES, words, Content_Type=JSON, X_Forwarded_For=address())
        yield "form page", load.request("GET", "/report/phone")
        if n % 5 == 0:
            yield "with a photo", next(reports)


async def behave(report: Report, n: int, photo: bytes, port: int, until: float) -> None:
    """Ask one thing after the other, as a person or a program does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for kind, request in honest(n, photo):
        if time.perf_counter() >= until:
            break
        begun = time.perf_counter()
        try:
            writer.write(request)
            status, _size = await load.answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            status = "cut"
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        report.note(kind, status, time.perf_counter() - begun)
        await asyncio.sleep(PAUSE)
    writer.close()


async def _run(port: int, seconds: float, clients: int, *, attacked: bool) -> Report:
    report = Report()
    works = hostile(report) if attacked else []  # their pictures take seconds to make
    photo = picture("JPEG", (1_280, 960))
    begun = time.perf_counter()
    until = begun + seconds
    attack = [asyncio.ensure_future(work(port, until)) for work in works]
    await asyncio.gather(*(behave(report, n, photo, port, until) for n in range(clients)))
    report.seconds = time.perf_counter() - begun
    if attack:
        await asyncio.wait(attack, timeout=LAST_ANSWER_S)  # each tells what it got at the end
    for one in attack:
        one.cancel()
    await asyncio.gather(*attack, return_exceptions=True)
    return report


def run(port: int, *, seconds: float, clients: int = 4, attacked: bool = True) -> Report:
    """Let so many honest clients work for a time, with the eight hostile ones beside them."""
    return asyncio.run(_run(port, seconds, clients, attacked=attacked))
