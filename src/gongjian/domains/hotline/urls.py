"""The hotline's addresses; each page module lists its own."""

from gongjian.domains.hotline.pages import (
    admin_tables,
    admin_try,
    board,
    call_desk,
    callback,
    case,
    figures,
    inbox,
    lists,
    orders,
    phone,
    report,
    review,
    search,
    supervise,
    track,
    why,
    wordings,
)

app_name = "hotline"
urlpatterns = [
    *admin_try.routes,
    *admin_tables.routes,
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
    *orders.routes,
    *why.routes,
    *wordings.routes,
]
