"""A web server that grows when asked and holds a request until told: what test_web_server.py runs."""

import os
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

from django.http import HttpResponse

from gongjian.project.serving import loading

loading.end_when_told()
resolve_name("gongjian.project.wsgi:application")  # sets Django up

GROWTH_MB = 450
held: list[bytes] = []


def answer(environ: dict[str, Any], start: Callable[..., Any]) -> HttpResponse:
    """Answer with the number of this process."""
    path = environ["PATH_INFO"]
    if path == "/grow":
        held.append(os.urandom(1 << 20) * GROWTH_MB)
    elif path == "/hold":
        Path(os.environ["HOLDING"]).read_text()  # a pipe: returns when somebody writes into it
    start("200 OK", [])
    return HttpResponse(str(os.getpid()))


application = resolve_name("gongjian.project.serving.app:Application")(answer, {"ordinary": 2, "files": 1, "health": 1})
