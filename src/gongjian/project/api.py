"""The public HTTP API: one version, one router for each domain that has one."""

from ninja import NinjaAPI

from gongjian import __version__
from gongjian.domains.hotline.api import router as hotline
from gongjian.httpapi import problems
from gongjian.project.busy import BUSY, busy_answer

# No page of documentation from here: its inline script is refused by the content policy; openapi.json tells all.
api = NinjaAPI(title="Gongjian", version=__version__, urls_namespace="api", docs_url=None)
problems.install(api)
for kind in BUSY:
    api.add_exception_handler(kind, busy_answer)
api.add_router("/hotline", hotline)
