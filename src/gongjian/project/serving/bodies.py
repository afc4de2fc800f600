"""A body is read before anybody works on it: no more bytes than its address takes, and in bounded time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Final, Protocol, cast

from gongjian.httpapi.bodies import KB, MB, Fault

# A body that says it is so small comes in one piece: half the work of one in chunks.
SMALL: Final = 16 * KB
IN_MEMORY: Final = 256 * KB
# So much of a body that is too large is still read, and thrown away: whoever is cut off while sending hears no answer.
DRAINED: Final = 16 * MB


class Source(Protocol):
    """Where a body comes from: the whole by awaiting a call, or piece by piece. RuntimeError: the sender is gone."""

    def __call__(self) -> Awaitable[bytes]: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...


@dataclass(frozen=True, slots=True)
class Pace:
    """How slow a sender may be, in seconds and bytes a second: a telephone at the edge of its network is waited for."""

    grace: float = 10.0
    rate: float = 2_000.0
    silence: float = 20.0

    def until(self, began: float, now: float, size: int) -> float:
        """Return until when something must come, when so many bytes have."""
        return min(began + self.grace + size / self.rate, now + self.silence)


@dataclass(slots=True)
class Body:
    """What came of a body; with a fault nothing of it, and perhaps a sender that goes on sending."""

    file: IO[bytes] = field(default_factory=BytesIO)
    size: int = 0
    fault: Fault | None = None


async def read(source: Source, *, most: int, declared: int | None, pace: Pace) -> Body:
    """Read a body of at most so many bytes; what is not taken is told as its fault, never by an exception."""
    if declared is not None and declared > most + DRAINED:
        return Body(fault=Fault.TOO_LARGE)
    try:
        if declared is not None and declared <= SMALL:
            return await _whole(source, pace, declared)
        return await _pieces(source, most, pace, declared)
    except TimeoutError:
        return Body(fault=Fault.TOO_SLOW)
    except RuntimeError:
        return Body(fault=Fault.CUT_SHORT)
    except OSError:  # no room on the disk
        return Body(fault=Fault.CROWDED)


async def _whole(source: Source, pace: Pace, declared: int) -> Body:
    async with asyncio.timeout(pace.grace + declared / pace.rate):
        content = await source()
    return Body(BytesIO(content), len(content)) if len(content) == declared else Body(fault=Fault.CUT_SHORT)


async def _pieces(source: Source, most: int, pace: Pace, declared: int | None) -> Body:
    with ExitStack() as undo:
        file = cast("IO[bytes]", undo.enter_context(SpooledTemporaryFile(IN_MEMORY)))
        size = await _fill(file, source, most, pace)
        if size > most:
            return Body(fault=Fault.TOO_LARGE)
        if declared is not None and size != declared:
            return Body(fault=Fault.CUT_SHORT)
        file.seek(0)
        undo.pop_all()
    return Body(file, size)


async def _fill(file: IO[bytes], source: Source, most: int, pace: Pace) -> int:
    """Write what comes, up to the ceiling; return how much came."""
    clock, size = asyncio.get_running_loop().time, 0
    began = clock()
    async with asyncio.timeout_at(pace.until(began, began, 0)) as limit:
        async for piece in source:
            size += len(piece)
            if size > most + DRAINED:
                break
            if size <= most:
                file.write(piece)
            limit.reschedule(pace.until(began, clock(), size))
    return size
