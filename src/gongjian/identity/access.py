"""Who may look after people, and what everybody may do with their own account."""

from enum import unique

from gongjian.identity.rights import Right


@unique
class IdentityRight(Right):
    PEOPLE_MANAGE = "identity:people:manage"
    SESSIONS_OWN = "identity:sessions:own"
