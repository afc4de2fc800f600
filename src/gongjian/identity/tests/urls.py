"""Three guarded views and the pages they send to."""

from django.http import HttpResponse
from django.urls import include, path

from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded


@guarded(anonymous=True)
def everybody(request):
    return HttpResponse("open")


@guarded()
def desk(request):
    return HttpResponse(f"{request.actor.name} {sorted(request.actor.rights)}")


@guarded(IdentityRight.PEOPLE_MANAGE)
def people(request):
    return HttpResponse("people")


@guarded(resident=True)
def mine(request):
    return HttpResponse(f"{request.actor.kind}")


def page(request):
    return HttpResponse("page")


console = (
    [
        path("in", page, name="sign_in"),
        path("phone", page, name="phone_sign_in"),
        path("second", page, name="two_factor"),
    ],
    "console",
)
urlpatterns = [
    path("", everybody),
    path("desk", desk),
    path("people", people),
    path("mine", mine),
    path("console/", include(console)),
    path("web/", include("gongjian.web.urls")),
]
