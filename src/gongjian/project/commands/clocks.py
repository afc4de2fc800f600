"""`gongjian clocks`: print every scheduled job; the worker runs them."""

import argparse

from gongjian.project.clocks import CLOCKS
from gongjian.project.terminal import say


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def main(_args: argparse.Namespace) -> None:
    """Print name, how often, and the function."""
    for clock in CLOCKS:
        say(f"{clock.name:<24} {clock.every!s:<10} {clock.function.__module__}.{clock.function.__qualname__}")
