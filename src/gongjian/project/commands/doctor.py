"""`gongjian doctor`: one line for each thing that must be well."""

import argparse
import json

from gongjian.project.checkup import examine
from gongjian.project.lines import Level
from gongjian.project.terminal import say


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take --json."""
    parser.add_argument("--json", action="store_true", help="输出 JSON for programs")


def main(args: argparse.Namespace) -> int:
    """Print every check; return 1 when one fails, warnings do not count."""
    answers = examine()
    if args.json:
        rows = [{"check": name, "level": answer.level, "zh": answer.zh, "en": answer.en} for name, answer in answers]
        say(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        for name, answer in answers:
            say(f"{answer.level:<5} {name:<11} {answer.zh}。 {answer.en[0].upper()}{answer.en[1:]}.")
    return 1 if any(answer.level is Level.FAIL for _name, answer in answers) else 0
