"""A toy API over users and limits, to see the room at work."""

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.urls import path
from ninja import Field, NinjaAPI, Query, Schema
from ninja.decorators import decorate_view
from ninja.errors import HttpError
from ninja.responses import Status
from pydantic import field_validator

from gongjian.documents.gate import Refused
from gongjian.httpapi.auth import ApiKeyAuth
from gongjian.httpapi.idempotency import idempotent
from gongjian.httpapi.paging import Page, PageQuery, slice_of
from gongjian.httpapi.problems import Problem, install
from gongjian.identity.models import User
from gongjian.parties.phones import normalise_phone

api = NinjaAPI(urls_namespace="toy")
install(api)


class Address(Schema):
    road: str = Field(max_length=5)


class Report(Schema):
    username: str = Field(min_length=2, max_length=20)
    urgency: int = Field(0, ge=0, le=2)
    address: Address | None = None
    phone: str = ""

    @field_validator("phone")
    @classmethod
    def phone_is_one(cls, value: str) -> str:
        return normalise_phone(value) if value else ""


class UserOut(Schema):
    id: int
    username: str


@api.post("/users", response={201: UserOut}, auth=ApiKeyAuth())
@decorate_view(idempotent)
def make_user(request, body: Report):
    if body.username == "crash":
        User.objects.create(username="half", kind="resident", created_at="2026-11-23T02:00:00Z")
        raise RuntimeError("the database broke")
    if body.username == "refuse":
        User.objects.create(username="half", kind="resident", created_at="2026-11-23T02:00:00Z")
        raise Problem(409, "taken", "No.")
    return Status(201, User.objects.create(username=body.username, kind="resident", created_at="2026-11-23T02:00:00Z"))


@api.post("/open", response={200: UserOut})
@decorate_view(idempotent)
def make_open(request, body: Report):
    return User.objects.create(username=body.username, kind="resident", created_at="2026-11-23T02:00:00Z")


@api.get("/users", response=Page[UserOut])
def list_users(request, query: Query[PageQuery], falling: bool = False):
    order = ("-created_at", "-id") if falling else ("created_at", "id")
    return slice_of(User.objects.filter(username__startswith="paged-"), order, query)


@api.get("/who", auth=ApiKeyAuth())
def who(request):
    return {"name": request.actor.name, "kind": request.actor.kind, "channel": request.actor.channel}


@api.post("/who", auth=ApiKeyAuth())
def who_by_form(request):
    return {"name": request.actor.name}


@api.get("/fail/{kind}")
def fail(request, kind: str):
    raise {
        "404": Http404("user 17 is somebody else"),
        "403": PermissionDenied("hotline:case:read"),
        "400": HttpError(400, "raw words"),
        "refused": Refused("photo", "太大"),
        "500": RuntimeError("password is 123"),
    }[kind]


urlpatterns = [path("api/", api.urls)]
