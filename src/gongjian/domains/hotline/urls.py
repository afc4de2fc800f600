"""The hotline's addresses; each page module lists its own."""

from gongjian.domains.hotline.pages import (
    admin_open311,
    admin_tables,
    admin_try,
    board,
    call_desk,
    callback,
    callers,
    case,
    evidence,
    field,
    figures,
    importing,
    inbox,
    lists,
    open311,
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
from gongjian.domains.hotline.queries import banners
from gongjian.web import banner

app_name = "hotline"
banner.register(banners)
urlpatterns = [
    *admin_try.routes,
    *admin_tables.routes,
    *admin_open311.routes,
    *open311.routes,
    *phone.routes,
    *report.routes,
    *track.routes,
    *call_desk.routes,
    *callback.routes,
    *board.routes,
    *inbox.routes,
    *field.routes,
    *case.routes,
    *importing.routes,
    *review.routes,
    *supervise.routes,
    *search.routes,
    *figures.routes,
    *lists.routes,
    *orders.routes,
    *why.routes,
    *wordings.routes,
    *evidence.routes,
    *callers.routes,
]
