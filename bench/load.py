"""A small load generator: so many keep-alive connections, a bounded time, loopback only."""

import asyncio
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


@dataclass
class Answers:
    """What came back: milliseconds of each request in order, and how many of each status, how much of it."""

    took: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)
    size: int = 0  # bytes of all bodies
    seconds: float = 0.0

    def percentile(self, share: float) -> float:
        """Return the time within which this share of the requests was answered, in milliseconds."""
        ordered = sorted(self.took)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0

    @property
    def rps(self) -> float:
        return len(self.took) / self.seconds if self.seconds else 0.0


def request(method: str, path: str, body: bytes = b"", **headers: str) -> bytes:
    """Return the bytes of one HTTP/1.1 request."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def run(port: int, requests: Callable[[], Iterator[bytes]], *, clients: int, seconds: float, most: int) -> Answers:
    """Send requests until the time is over, at most `most`; each client waits for its answer before the next."""
    return asyncio.run(_run(port, requests(), clients, seconds, most))


async def _run(port: int, supply: Iterator[bytes], clients: int, seconds: float, most: int) -> Answers:
    answers, begun = Answers(), time.perf_counter()
    left = [most]

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            while time.perf_counter() - begun < seconds and left[0] > 0:
                left[0] -= 1
                payload = next(supply, None)
                if payload is None:
                    return
                start = time.perf_counter()
                writer.write(payload)
                status, size = await answer(reader)
                answers.size += size
                answers.took.append(1000 * (time.perf_counter() - start))
                answers.statuses[status] = answers.statuses.get(status, 0) + 1
        finally:
            writer.close()

    await asyncio.gather(*(client() for _ in range(clients)))
    answers.seconds = time.perf_counter() - begun
    return answers


async def answer(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Return the status of one answer and how many bytes its body had."""
    head = await reader.readuntil(b"\r\n\r\n")
    status = int(head[9:12])
    lowered = head.lower()
    at = lowered.find(b"content-length:")
    length = 0
    if at >= 0:
        length = int(lowered[at + 15 : lowered.index(b"\r\n", at)])
        await reader.readexactly(length)
    elif b"transfer-encoding: chunked" in lowered:
        while size := int(await reader.readline(), 16):
            length += len(await reader.readexactly(size + 2)) - 2
        await reader.readline()
    return status, length
