"""`gongjian hotline`: what the hotline does from the command line."""

import argparse

from gongjian.domains.hotline.commands import importing
from gongjian.project.terminal import Refusal


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the act and hand the rest down."""
    acts = parser.add_subparsers(dest="act", required=True, metavar="import")
    importing.arguments(acts.add_parser("import", help="导入别的系统的记录 take in another program's records"))


def main(args: argparse.Namespace) -> int:
    """Do it. Raises Refusal."""
    try:
        return importing.main(args)
    except importing.Stopped as stopped:
        raise Refusal(stopped.zh, stopped.en) from stopped
