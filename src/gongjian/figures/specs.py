"""What a figure means: its words, its formula and its target, declared by the domain that writes it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise

type Words = str | Promise


class Measure(StrEnum):
    COUNT = "count"  # the sum of numerators
    RATE = "rate"  # numerators by denominators, in percent


class Better(StrEnum):
    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class IndicatorSpec:
    key: str
    label: Words
    formula: Words  # in words, with the denominator
    measure: Measure
    better: Better
    target: float | None = None  # percent
    source: str = ""  # of the target


_registry: dict[str, IndicatorSpec] = {}


def register(specs: Iterable[IndicatorSpec]) -> None:
    """Make indicators known."""
    for spec in specs:
        _registry[spec.key] = spec


def spec_of(key: str) -> IndicatorSpec:
    return _registry[key]


def specs(prefix: str) -> tuple[IndicatorSpec, ...]:
    """Return the indicators of a domain in the order they were declared."""
    return tuple(s for k, s in _registry.items() if k.startswith(f"{prefix}."))
