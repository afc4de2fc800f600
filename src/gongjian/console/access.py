"""Rights of the kernel's own pages."""

from enum import unique

from gongjian.identity.rights import Right


@unique
class ConsoleRight(Right):
    CALENDAR_MANAGE = "workdays:calendar:manage"
    ENTRIES_READ = "audit:entries:read"
    HEALTH_MANAGE = "console:health:manage"
    HEALTH_READ = "console:health:read"
    LIMITS_MANAGE = "casework:limits:manage"
    NOTICES_MEND = "console:notices:mend"
    RECEIPTS_WRITE = "console:receipts:write"  # of programs alone
    RETENTION_MANAGE = "audit:retention:manage"
    WORDING_MANAGE = "notify:wording:manage"
