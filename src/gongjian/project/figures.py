"""The installation in figures, for Prometheus: counts only, nothing about a person."""

from collections.abc import Callable, Iterator

from django.db.models import Count
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from gongjian.casework.models import Case
from gongjian.casework.queries import over, unrestricted
from gongjian.notify.ceilings import LANES, reached
from gongjian.notify.models import Message, State
from gongjian.project import queue
from gongjian.project.vitals import FULL
from gongjian.workdays.clock import now


def _gauge(name: str, words: str, value: float) -> Metric:
    return GaugeMetricFamily(f"gongjian_{name}", words, value=value)


def _cases() -> Iterator[Metric]:
    at = now()
    family = GaugeMetricFamily("gongjian_cases_open", "Cases not yet closed, by kind", labels=["kind"])
    late = GaugeMetricFamily("gongjian_cases_overdue", "Open cases past their term, by kind", labels=["kind"])
    counted = Case.objects.filter(unrestricted(), closed_at=None).values("kind")
    for row in counted.annotate(open=Count("id"), late=Count("id", filter=over(at))).order_by("kind"):
        family.add_metric([row["kind"]], row["open"])
        late.add_metric([row["kind"]], row["late"])
    yield family
    yield late


def _messages() -> Iterator[Metric]:
    family = GaugeMetricFamily(
        "gongjian_messages", "Messages not delivered, by channel and state", labels=["channel", "state"]
    )
    undelivered = Message.objects.exclude(state=State.SENT).values("channel", "state")
    for row in undelivered.annotate(count=Count("id")).order_by("channel", "state"):
        family.add_metric([row["channel"], row["state"]], row["count"])
    yield family


def _ceilings() -> Iterator[Metric]:
    waiting = GaugeMetricFamily(
        "gongjian_sending_held", "Messages over the ceiling that wait, by lane", labels=["lane"]
    )
    full = GaugeMetricFamily("gongjian_sending_full", "1 where a lane had no room within an hour", labels=["lane"])
    since = now() - FULL
    found = {one.lane: one for one in reached(since=since)}
    for lane in LANES:
        one = found.get(lane)
        waiting.add_metric([lane], one.waiting if one else 0)
        full.add_metric([lane], int(one is not None and one.refused_at >= since))
    yield waiting
    yield full


def _queue() -> Iterator[Metric]:
    now_waiting = queue.figures()
    yield _gauge("jobs_due", "Jobs that are due and wait", now_waiting.due)
    yield _gauge("jobs_failed", "Jobs that were given up", now_waiting.failed)
    yield _gauge("jobs_oldest_seconds", "Age of the oldest due job", now_waiting.oldest_seconds)
    due = GaugeMetricFamily("gongjian_queue_due", "Jobs that are due and wait, by queue", labels=["queue"])
    oldest = GaugeMetricFamily("gongjian_queue_oldest_seconds", "Age of the oldest due job, by queue", labels=["queue"])
    for line in now_waiting.queues:
        due.add_metric([line.queue], line.due)
        oldest.add_metric([line.queue], line.seconds)
    yield due
    yield oldest
    silence, tick = queue.heartbeat_age(), queue.tick_age()
    yield _gauge(
        "worker_silence_seconds",
        "Seconds since a worker gave a sign; -1 without a worker",
        -1 if silence is None else silence,
    )
    yield _gauge(
        "clocks_silence_seconds",
        "Seconds since a clock ticked; -1 where none ever did",
        -1 if tick is None else tick,
    )


PARTS: tuple[Callable[[], Iterator[Metric]], ...] = (_cases, _messages, _ceilings, _queue)


class _Figures(Collector):
    def collect(self) -> Iterator[Metric]:
        for part in PARTS:
            yield from part()


def exposition() -> bytes:
    """Return all figures in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures())
    return generate_latest(registry)
