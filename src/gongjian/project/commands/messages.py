"""`gongjian messages`: check the English catalogues; --write adds empty entries, --compile makes the .mo files."""

import argparse
from pkgutil import resolve_name

from gongjian.project.messages import compile_catalogues
from gongjian.project.terminal import say, warn


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take what to do; checking is the default."""
    parser.add_argument("--check", action="store_true", help="检查译文是否齐全 report what is missing or wrong")
    parser.add_argument("--write", action="store_true", help="补上空条目 add an empty entry for what is missing")
    parser.add_argument("--compile", action="store_true", help="只编译 compile, which needs no development tools")


def main(args: argparse.Namespace) -> int:
    """Do what was asked; return 1 when a text is missing."""
    faults: list[str] = []
    if args.write:
        added = resolve_name("gongjian.project.extraction:write_missing")()  # babel is there in development only
        say(f"新增条目 added entries: {added}")
    if args.check or not (args.write or args.compile):
        faults = resolve_name("gongjian.project.extraction:check")()
        warn(*faults)
    if args.compile:
        compile_catalogues()
    return 1 if faults else 0
