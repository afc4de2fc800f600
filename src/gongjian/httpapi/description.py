"""The OpenAPI description completed: problem details for each operation, headers, idempotency keys, security."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from gongjian.httpapi.problems import CONTENT_TYPE, TYPE

METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})
# What an operation may answer besides its own: (status, kind of problem, when).
PROBLEMS: Final[Mapping[int, tuple[str, str]]] = {
    400: ("bad-request", "The body is not JSON, has a name twice, or more than 200 members or 8 levels."),
    401: ("unauthorized", "No key, or one that is unknown, switched off or expired."),
    403: ("forbidden", "The key lacks the right, or the act belongs to another unit."),
    404: ("not-found", "There is none, or it is out of the key's reach: the two cannot be told apart."),
    409: ("conflict", "The case is in another state, somebody else was faster, or the same key is still at work."),
    412: ("changed", "The case has another version than If-Match names. Read it again."),
    408: ("too-slow", "The body did not come within its time."),
    413: ("too-large", "The body is larger than 64 KB."),
    415: ("not-json", "The body is not `application/json` by its own account."),
    422: ("invalid", "Something in the request is to be mended; `errors` names each field and the remedy."),
    429: ("too-many-requests", "The allowance is used up; come again after Retry-After seconds."),
    500: ("fault", "An error on our side; `detail` holds a reference to quote."),
    503: ("busy", "The database is away or overloaded; come again after Retry-After seconds."),
}
ALWAYS: Final = (422, 429, 500, 503)
SECURED: Final = (401, 403)
WITH_BODY: Final = (400, 408, 413, 415)
ALLOWANCE: Final = {
    "RateLimit-Policy": "The allowance: q calls in w seconds.",
    "RateLimit": "What is left of it: r calls now, the whole again in t seconds.",
}
IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "16 to 200 characters, a new one for each act, such as a UUID. The same key with the same body "
    "within 24 hours acts once and gets the first answer again (Idempotency-Replayed: true).",
    "schema": {"type": "string", "minLength": 16, "maxLength": 200, "pattern": "^[!-~]+$"},
    "example": "6f9c1f0e-5a64-4a8e-9f0c-2f6f0f1d7c3a",
}
KEY: Final = {
    "type": "apiKey",
    "in": "header",
    "name": "X-Api-Key",
    "description": "A program's key, given out by an administrator of the installation for one program, with its "
    "rights, a unit, an allowance and an end. The parameter `api_key` is taken in its place.",
}


def finish(schema: dict[str, Any]) -> None:
    """Complete a description in place."""
    components = schema["components"]
    components["schemas"]["Problem"] = PROBLEM
    components["responses"] = {f"Problem{status}": _response(status) for status in PROBLEMS}
    components["headers"] = {
        name: {"description": words, "schema": {"type": "string"}} for name, words in ALLOWANCE.items()
    }
    components.setdefault("securitySchemes", {})["ApiKeyAuth"] = KEY
    for method, operation in _operations(schema):
        _finish_operation(method, operation)


def _operations(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for methods in schema["paths"].values():
        for method, operation in methods.items():
            if method in METHODS:
                yield method, operation


def _finish_operation(method: str, operation: dict[str, Any]) -> None:
    responses: dict[int, dict[str, Any]] = {int(status): told for status, told in operation["responses"].items()}
    for told in responses.values():
        headers = {name: {"$ref": f"#/components/headers/{name}"} for name in ALLOWANCE}
        told.setdefault("headers", {}).update(headers)
    for one in operation["parameters"]:
        if isinstance(one.get("examples"), list):  # of a schema; a parameter has one, or names them
            one["example"] = one.pop("examples")[0]
    for status in _problems(method, operation):
        responses[status] = {"$ref": f"#/components/responses/Problem{status}"}
    if method == "post":
        operation["parameters"].append(IDEMPOTENCY_KEY)
    operation["responses"] = {str(status): responses[status] for status in sorted(responses)}


def _problems(method: str, operation: dict[str, Any]) -> set[int]:
    """Return what an operation may answer besides success."""
    conditions = (
        (SECURED, "security" in operation),
        (WITH_BODY, "requestBody" in operation),
        ((404,), any(one["in"] == "path" for one in operation["parameters"])),
        ((409,), method == "post"),
    )
    found = {*ALWAYS, *operation.pop("x-problems", ())}
    return found.union(*(statuses for statuses, holds in conditions if holds))


def _response(status: int) -> dict[str, Any]:
    kind, words = PROBLEMS[status]
    example: dict[str, Any] = {"type": TYPE.format(kind), "title": HTTPStatus(status).phrase, "status": status}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        example["errors"] = [{"field": "reporter.phone", "message": "This is no telephone number."}]
    told: dict[str, Any] = {
        "description": words,
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }
    if status in {429, 503}:
        seconds = {"description": "Seconds to wait.", "schema": {"type": "integer"}}
        told["headers"] = {"Retry-After": seconds}
    return told


PROBLEM: Final[dict[str, Any]] = {
    "title": "Problem",
    "description": "What went wrong (RFC 9457), in the language of Accept-Language: zh or en.",
    "type": "object",
    "required": ["type", "title", "status"],
    "properties": {
        "type": {"type": "string", "description": "What kind of problem, a URN that does not change."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What it is about here, and what would help."},
        "instance": {"type": "string", "description": "A reference to quote."},
        "errors": {
            "type": "array",
            "description": "What is to be mended, field by field.",
            "items": {
                "type": "object",
                "required": ["field", "message"],
                "properties": {"field": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
