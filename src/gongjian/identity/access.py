"""Who may look after people, units and roles, and what everybody may do with their own account."""

from enum import unique

from gongjian.identity.rights import Right


@unique
class IdentityRight(Right):
    DEMONSTRATION_LEAVE = "identity:demonstration:leave"
    OFFICE_OPEN = "identity:office:open"  # the page from which everything is administered
    PEOPLE_MANAGE = "identity:people:manage"
    ROLES_MANAGE = "identity:roles:manage"
    SESSIONS_OWN = "identity:sessions:own"
    UNITS_MANAGE = "identity:units:manage"
