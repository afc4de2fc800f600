"""What the tests of the department's pages share: addresses of this domain, clients of the cast, acts."""

from django.test import Client
from django.urls import include, path, reverse

from gongjian.domains.hotline.pages.common import DESKS
from gongjian.domains.hotline.pages.inbox import inbox
from gongjian.domains.hotline.urls import urlpatterns as hotline
from gongjian.identity.models import User
from gongjian.project.urls import handler400, handler403, handler404, handler500
from gongjian.project.urls import urlpatterns as installation
from gongjian.testing.clock import MONDAY_AFTERNOON

AT = MONDAY_AFTERNOON
CLERK, HANDLER, HEAD = "wu.qian", "zheng.haifeng", "he.jianping"
OTHER_CLERK, OTHER_HANDLER = "tang.siqi", "peng.junhao"
REVIEWER, SUPERVISOR, LEADER, CALL_TAKER = "ye.wanqing", "feng.zhengyi", "song.yuanhang", "chen.jingyi"

others = [one for one in installation if getattr(one, "app_name", "") != "hotline"]
absent = {name for name, *_ in DESKS} - {one.name for one in hotline}
stand_ins = [path(f"absent/{name}/", inbox, name=name) for name in sorted(absent)]
urlpatterns = [*others, path("", include(([*hotline, *stand_ins], "hotline")))]
__all__ = ["handler400", "handler403", "handler404", "handler500"]


def at_desk(username: str, language: str = "zh-hans") -> Client:
    """Return a browser in which somebody of the cast is signed in."""
    client = Client(headers={"accept-language": language})
    client.force_login(User.objects.get(username=username), backend="gongjian.identity.backends.AssignmentBackend")
    return client


def case_url(case, **query):
    return reverse("hotline:case", args=[case.number], query=query or None)


def act(client, case, move, **fields):
    """Post an act as the page drawn from this state of the case does."""
    data = {"version": str(case.version), **fields}
    return client.post(reverse("hotline:case_act", args=[case.number, move]), data)


def page(response) -> str:
    return response.content.decode()
