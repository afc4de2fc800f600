"""`gongjian explain KIND`: how one kind of case works, from the tables that run it."""

import argparse

from gongjian.casework.explain import explain
from gongjian.casework.kinds import kind_of, kinds
from gongjian.project.terminal import Refusal, say
from gongjian.workdays.clock import now


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the kind; without one the kinds are listed."""
    parser.add_argument("kind", nargs="?", default="", help="如 hotline.complaint such as hotline.complaint")


def main(args: argparse.Namespace) -> None:
    """Print states, moves, rights, clocks and today's terms. Raises Refusal for an unknown kind."""
    known = {kind.key: kind for kind in kinds()}
    if not args.kind:
        say(*(f"{key:<28} {kind.label}" for key, kind in sorted(known.items())))
        return
    if args.kind not in known:
        listed = ", ".join(sorted(known))
        raise Refusal(
            f"没有“{args.kind}”这种事项：已有 {listed}。", f"There is no kind {args.kind!r}; there are {listed}."
        )
    say(explain(kind_of(args.kind), at=now()).rstrip())
