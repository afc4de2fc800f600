"""The API as a whole: every answer tells the allowance, every failure is a problem, the description is complete."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, URLResolver, path
from django.views.decorators.csrf import csrf_exempt
from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from gongjian.httpapi import problems
from gongjian.httpapi.auth import allowance
from gongjian.httpapi.description import finish
from gongjian.httpapi.problems import Problem, problem_response
from gongjian.httpapi.strict import StrictParser, refuse_unread

NOT_ALLOWED = 405


class PublicApi(NinjaAPI):
    """NinjaAPI with our problems, our headers and our description."""

    def __init__(self, **facts: Any) -> None:
        super().__init__(docs_url=None, parser=StrictParser(), **facts)
        self._described: dict[str, OpenAPISchema] = {}
        problems.install(self)

    def create_temporal_response(self, request: HttpRequest) -> HttpResponse:
        """Begin an answer; by now the caller's allowance has been counted."""
        response = super().create_temporal_response(request)
        taken = allowance(request)
        if taken is not None:
            for name, value in taken.headers.items():
                response[name] = value
        response["Cache-Control"] = "no-store"
        return response

    def get_openapi_schema(self, **facts: Any) -> OpenAPISchema:
        """Return the description with what ninja cannot know: problems, headers, idempotency keys; made once."""
        wanted = repr(sorted(facts.items()))
        if wanted not in self._described:
            schema = super().get_openapi_schema(**facts)
            finish(schema)
            self._described[wanted] = schema
        return self._described[wanted]

    def _get_urls(self) -> list[URLResolver | URLPattern]:
        found: list[URLResolver | URLPattern] = [
            URLPattern(entry.pattern, _with_problems(entry.callback), entry.default_args, entry.name)
            for entry in super()._get_urls()
            if isinstance(entry, URLPattern)
        ]
        return [*found, path("<path:_rest>", _unknown, name="unknown")]


def _with_problems(view: Callable[..., Any]) -> Callable[..., HttpResponseBase]:
    """Refuse a body before anything is done for it, and word a wrong method as a problem, too."""

    @wraps(view)
    def worded(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        try:
            refuse_unread(request)
        except Problem as problem:
            return problem_response(request, problem)
        response: HttpResponseBase = view(request, *args, **values)
        if response.status_code != NOT_ALLOWED:
            return response
        allowed = {"Allow": response["Allow"]}
        return problem_response(request, Problem(NOT_ALLOWED, "method", headers=allowed))

    return worded


@csrf_exempt
def _unknown(request: HttpRequest, _rest: str) -> HttpResponse:
    return problem_response(request, Problem(404, "not-found"))
