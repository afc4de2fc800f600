"""The public HTTP API: one version, one router for each domain that has one."""

from django.conf import settings

from gongjian import __version__
from gongjian.domains.hotline.access import PROGRAM_GRANTS
from gongjian.domains.hotline.api import router as hotline
from gongjian.httpapi import grants
from gongjian.httpapi.api import router as common
from gongjian.httpapi.surface import PublicApi
from gongjian.project.busy import BUSY, busy_answer

DESCRIPTION = """The public interface of a district's service platform.

**Keys.** An administrator gives each program a key with its rights, one unit or the district, an allowance of calls a
minute and an end. Send it as `X-Api-Key`. `GET /me` tells what a key may do. Reference lists, reporting and following
a case with its receipt code need no key.

**Pages.** Lists answer `items` and `next`; send `next` as `cursor` until it is null.

**Writing.** Send an `Idempotency-Key` with every write and repeat it after a time-out: the act happens once. Send the
version you read as `If-Match`: who was slower gets 412 instead of overwriting.

**Problems** are `application/problem+json` (RFC 9457), in Chinese or English by `Accept-Language`. What is out of a
key's reach is answered like what does not exist.

**Allowance.** `RateLimit` tells what is left, `Retry-After` when to come again.

**Privacy.** Names, telephone numbers and addresses of residents are nowhere in this interface. Numbers that look like
telephones or cards are replaced by `***` in all texts.
"""
TAGS = [
    {"name": "cases", "description": "Report, follow, list and read cases."},
    {"name": "acts", "description": "What the handling unit does through its own program."},
    {"name": "events", "description": "What happened, in order, to keep a copy up to date."},
    {"name": "webhooks", "description": "The messages this program is sent, and having them sent again."},
    {"name": "reference", "description": "What codes mean: units, communities, topics, kinds, working days."},
]

grants.register(PROGRAM_GRANTS)
# No page of documentation from here: its inline script is refused by the content policy; openapi.json tells all.
api = PublicApi(
    title="Gongjian",
    version=__version__,
    description=DESCRIPTION,
    urls_namespace="api",
    servers=[{"url": settings.PUBLIC_URL, "description": "This installation."}],
    openapi_extra={
        "info": {"license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"}},
        "tags": TAGS,
    },
)
for kind in BUSY:
    api.add_exception_handler(kind, busy_answer)
api.add_router("", common)
api.add_router("/hotline", hotline)
