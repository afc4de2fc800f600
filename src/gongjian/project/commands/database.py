"""`gongjian database -- COMMAND`: the data folder's database without the web server, for dumps and restores."""

import argparse

from gongjian.project.commands.run import embedded, start_database
from gongjian.project.launcher import binaries
from gongjian.project.launcher.children import Lifeline
from gongjian.project.launcher.foreground import run_with, words
from gongjian.project.launcher.home import Home, home_folder


def arguments(parser: argparse.ArgumentParser) -> None:
    """Take the command after `--`."""
    parser.add_argument("command", nargs=argparse.REMAINDER, help="命令，如 psql a command such as psql")


def main(args: argparse.Namespace) -> int:
    """Start the database, run the command as its owner, stop it; return the command's exit code."""
    home = Home(home_folder(), binaries.identity())
    home.open()
    cluster = embedded(home, Lifeline())
    try:
        start_database(cluster)
        return run_with(cluster, words(args.command) or ["psql", cluster.url("gongjian_owner")])
    finally:
        cluster.stop()
        home.close()
