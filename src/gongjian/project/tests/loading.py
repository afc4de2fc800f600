"""A web server that never finishes to load: what test_web_server.py runs."""

import os
import time
from pathlib import Path

from gongjian.project.serving import loading

loading.end_when_told()
Path(f"{os.environ['LOADING']}{os.getpid()}").touch()
while True:
    time.sleep(1)
