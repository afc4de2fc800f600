"""Who may give programs their keys and say where events are sent; and what a program may do with its own."""

from enum import unique

from gongjian.identity.rights import Right


@unique
class HttpApiRight(Right):
    KEYS_MANAGE = "httpapi:keys:manage"
    WEBHOOKS_MANAGE = "httpapi:webhooks:manage"
    WEBHOOKS_OWN = "httpapi:webhooks:own"  # of a program: look at its own deliveries and have them sent again
