"""How long a job that is due may wait: the one judgement for the operator's page, `gongjian doctor` and /readyz.

A worker that gives a sign, and a short queue, prove nothing: both go on while every place is taken by something slow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError

from gongjian.domains.hotline.actions.importing import QUEUE as IMPORTS
from gongjian.domains.hotline.actions.taking import QUEUE as EXPORTS
from gongjian.project import queue
from gongjian.project.lines import Level
from gongjian.project.queue import Line

BEAT: Final = 60  # seconds without a sign of any worker
TICK: Final = 300  # seconds without a tick of a clock; something is scheduled every ten


@dataclass(frozen=True)
class Patience:
    """After how many seconds a due job is late, and after how many its queue stands still."""

    late: float
    stuck: float


USUAL: Final = Patience(300, 600)
# Long work, of which one piece waits for another.
LONG: Final = Patience(1_800, 3_600)
PATIENCE: Final[Mapping[str, Patience]] = {EXPORTS: LONG, IMPORTS: LONG}


def level(line: Line) -> Level:
    """Judge one queue by its oldest due job."""
    patience = PATIENCE.get(line.queue, USUAL)
    if line.seconds > patience.stuck:
        return Level.FAIL
    return Level.WARN if line.seconds > patience.late else Level.OK


@dataclass(frozen=True)
class Background:
    """The work behind the pages now: seconds since a worker's sign and since a clock's tick, and the queues."""

    silence: float | None
    tick: float | None
    queues: Sequence[Line]

    @property
    def beats(self) -> bool:
        """Whether some worker gave a sign in the last minute."""
        return self.silence is not None and self.silence <= BEAT

    @property
    def ticks(self) -> bool:
        """Whether the clocks go; they have not begun before the first worker starts."""
        return self.tick is None or self.tick <= TICK

    @property
    def stuck(self) -> dict[str, int]:
        """The queues that stand still, with the seconds that their oldest due job has waited."""
        return {line.queue: int(line.seconds) for line in self.queues if level(line) is Level.FAIL}


def background() -> Background | None:
    """Return how the work behind the pages is, or None where the database cannot be asked."""
    try:
        return Background(queue.heartbeat_age(), queue.tick_age(), queue.lines())
    except DatabaseError:
        return None
