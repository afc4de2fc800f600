"""The installation's addresses behind two yardsticks."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from gongjian.project.urls import handler400, handler403, handler404, handler500
from gongjian.project.urls import urlpatterns as installed

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def bare(request: HttpRequest) -> HttpResponse:
    """Answer at once: what the framework and the full list of middleware cost by themselves."""
    return HttpResponse("ok")


def query(request: HttpRequest) -> HttpResponse:
    """Answer after `select 1`: the price of one round trip."""
    with connection.cursor() as cursor:
        cursor.execute("select 1")
        cursor.fetchone()
    return HttpResponse("ok")


urlpatterns = [path("bench/bare", bare), path("bench/query", query), *installed]
