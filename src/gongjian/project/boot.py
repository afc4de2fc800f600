"""Start Django for a subcommand, as the role it needs, and run it."""

import os
from collections.abc import Callable

import django
from django.db import OperationalError

from gongjian.project.launcher import refusals
from gongjian.project.launcher.home import socket_folder


def boot(*, owner: bool, settings: str = "") -> None:
    """Set the environment that settings read, then load every app, or those that particular settings name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongjian.project.settings")
    if settings:
        os.environ["DJANGO_SETTINGS_MODULE"] = settings
    os.environ.setdefault("GONGJIAN_SOCKET", str(socket_folder()))
    if owner:
        os.environ["GONGJIAN_DB_ROLE"] = "owner"
    django.setup()


def run[Arguments](main: Callable[[Arguments], int | None], args: Arguments) -> int:
    """Run a subcommand; a database that is not there is told in one sentence."""
    try:
        return int(main(args) or 0)
    except OperationalError as error:
        raise refusals.no_database(str(error).strip().splitlines()[0]) from error
