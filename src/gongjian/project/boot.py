"""Start Django for a subcommand, as the role it needs."""

import os

import django

from gongjian.project.launcher.home import socket_folder


def boot(*, owner: bool) -> None:
    """Set the environment that settings read, then load every app."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongjian.project.settings")
    os.environ.setdefault("GONGJIAN_SOCKET", str(socket_folder()))
    if owner:
        os.environ["GONGJIAN_DB_ROLE"] = "owner"
    django.setup()
