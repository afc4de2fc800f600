"""The hotline's addresses; each page module lists its own."""

from gongjian.domains.hotline.pages import (
    board,
    call_desk,
    callback,
    case,
    figures,
    inbox,
    lists,
    phone,
    report,
    review,
    search,
    supervise,
    track,
)

app_name = "hotline"
urlpatterns = [
    *phone.routes,
    *report.routes,
    *track.routes,
    *call_desk.routes,
    *callback.routes,
    *board.routes,
    *inbox.routes,
    *case.routes,
    *review.routes,
    *supervise.routes,
    *search.routes,
    *figures.routes,
    *lists.routes,
]
