"""`gongjian seed`: load reference data again; may run any number of times."""

import argparse

from gongjian.project import demonstration
from gongjian.project.reference import load_reference
from gongjian.project.terminal import step
from gongjian.workdays.clock import now


def arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def main(_args: argparse.Namespace) -> None:
    """Load reference data, and the demonstration district into an empty demonstration."""
    with step("载入基础数据", "Loading reference data"):
        load_reference(at=now())
    demonstration.load_if_missing(at=now())
