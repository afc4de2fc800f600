"""The browser's modules: every static/<app>/js/*.js of our own apps, by the name <app>/<file>."""

from functools import cache
from pathlib import Path

from django.apps import apps
from django.templatetags.static import static


@cache
def module_addresses() -> dict[str, str]:
    """Return name -> (hashed) address; found once for each process."""
    found = {}
    for config in apps.get_app_configs():
        if not config.name.startswith("gongjian."):
            continue
        for file in sorted((Path(config.path) / "static" / config.label / "js").glob("*.js")):
            name = f"{config.label}/{file.stem}"
            found[name] = static(f"{config.label}/js/{file.name}")
    return found
