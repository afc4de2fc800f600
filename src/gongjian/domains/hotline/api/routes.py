"""The one router: operations on the same address must stand in the same one."""

from ninja import Router

from gongjian.httpapi.auth import ApiKeyAuth

router = Router(auth=ApiKeyAuth())
