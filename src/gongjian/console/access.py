"""Rights of the kernel's own pages."""

from enum import unique

from gongjian.identity.rights import Right


@unique
class ConsoleRight(Right):
    ENTRIES_READ = "audit:entries:read"
    HEALTH_READ = "console:health:read"
