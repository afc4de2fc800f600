"""The one page from which everything is administered."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from gongjian.console.frame import frame
from gongjian.console.hub import shelves
from gongjian.identity.access import IdentityRight
from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest


@guarded(IdentityRight.OFFICE_OPEN)
@require_safe
def hub(request: ActorRequest) -> HttpResponse:
    """Show every page of administration this actor's rights open, in groups."""
    return render(request, "console/hub.html", {**frame(request, "office"), "shelves": shelves(request.actor)})
