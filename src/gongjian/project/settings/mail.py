"""Where e-mail goes: to GONGJIAN_SMTP, or into files of the data folder."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


def mailers(home: Path, address: str) -> dict[str, Any]:
    """Read smtp://user:password@host:587 (STARTTLS), smtps://...:465 (TLS) or, empty, write to outbox/email."""
    if not address:
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"default": {"BACKEND": backend, "OPTIONS": {"file_path": str(home / "outbox" / "email")}}}
    parts = urlsplit(address)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        message = "GONGJIAN_SMTP must look like smtp://user:password@host:587 or smtps://user:password@host:465"
        raise ValueError(message)
    direct = parts.scheme == "smtps"
    options = {
        "host": parts.hostname,
        "port": parts.port or (465 if direct else 587),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": direct,
        "use_tls": not direct,
        "timeout": 15,
    }
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}
