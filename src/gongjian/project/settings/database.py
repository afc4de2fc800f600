"""Where the database is: DATABASE_URL, or the embedded PostgreSQL in the data folder."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

# Seconds for a connection: a busy machine is no fault of a worker or command. Requests wait shorter, see rsgi.py.
PATIENCE_S = 60
PREPARE_AFTER = 5  # times; 0 in the address (?prepare_threshold=0) turns it off for a pooler that cannot keep them
# Threads of one web worker: for ordinary requests, for those that bring files, and one that tells our health meanwhile.
SERVING = {"ordinary": int(os.environ.get("GONGJIAN_THREADS", "4")), "files": 4, "health": 1}


def database(home: Path) -> dict[str, Any]:
    """Return Django's settings for the one database.

    GONGJIAN_DB_ROLE=owner selects the role that migrates and loads; everything else runs as the application role.
    """
    owner = os.environ.get("GONGJIAN_DB_ROLE") == "owner"
    url = os.environ.get("DATABASE_URL")
    if owner and os.environ.get("DATABASE_OWNER_URL"):
        url = os.environ["DATABASE_OWNER_URL"]
    if url:
        connection = from_url(url)
    else:
        connection = {
            "NAME": "gongjian",
            "USER": "gongjian_owner" if owner else "gongjian_app",
            "HOST": os.environ.get("GONGJIAN_SOCKET", str(home / "run")),
        }
    options: dict[str, Any] = dict(connection.pop("OPTIONS", {}))
    # Statements that come again are planned once for each connection: half of PostgreSQL's work on most pages.
    options["server_side_binding"] = True
    options["prepare_threshold"] = int(options.get("prepare_threshold", PREPARE_AFTER)) or None
    options["pool"] = {"min_size": 1, "max_size": sum(SERVING.values()), "timeout": PATIENCE_S, "max_lifetime": 3600}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
        **connection,
    }


def from_url(url: str) -> dict[str, Any]:
    """Read postgresql://user:password@host:port/name?host=/socket/folder&sslmode=..."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"}:
        message = "DATABASE_URL must start with postgresql://"
        raise ValueError(message)
    query = dict(parse_qsl(parts.query))
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", "") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "OPTIONS": query,
    }
