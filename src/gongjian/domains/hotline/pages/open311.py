"""The page for those who write programs: what can be read, what can be sent, and what nobody gets."""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gongjian.identity.guard import guarded
from gongjian.identity.requests import ActorRequest
from gongjian.web.links import link
from gongjian.web.parts import Crumb

PLACE: Final = "/open311/v2"


@dataclass(frozen=True, slots=True)
class Call:
    """One call of the standard in one line."""

    method: str
    path: str
    words: str
    keyed: bool = False


def _calls() -> list[Call]:
    return [
        Call("GET", "/discovery.json", _("两个地址：正式的和测试的")),
        Call("GET", "/services.json", _("可以反映的类别")),
        Call("GET", "/services/street-lights.json", _("一类要回答的问题")),
        Call("POST", "/requests.json", _("登记一件"), keyed=True),
        Call("GET", "/tokens/….json", _("用凭据换件号（先核看再公开的类别）")),
        Call("GET", "/requests.json", _("列出件：按时间、类别、状态、件号筛选，可以翻页")),
        Call("GET", "/requests/….json", _("一件办到哪里")),
        Call("GET", "/servicerequestupdates.json", _("最近发生了什么")),
        Call("POST", "/servicerequestupdates.json", _("替反映人补充，或由承办单位的系统写内部意见"), keyed=True),
    ]


@guarded(anonymous=True)
@require_safe
def developers(request: ActorRequest) -> HttpResponse:
    """Tell people who write programs how to begin."""
    base = f"{settings.PUBLIC_URL}{PLACE}"
    home = link("portal:home")
    context = {
        "crumbs": [*([Crumb(_("首页"), home)] if home else []), Crumb(_("开放数据与接口"))],
        "base": base,
        "test": f"{settings.PUBLIC_URL}/open311/test/v2",
        "calls": _calls(),
        "api": reverse("api:openapi-json"),
        "discovery": reverse("open311:discovery_json"),
        "services": reverse("open311:services_json"),
        "requests": reverse("open311:requests_json"),
        "hotline": settings.HOTLINE_NUMBER,
        "example": "\n".join(
            (
                f"curl {base}/requests.json \\",
                "  -d api_key=$KEY -d service_code=street-lights \\",
                "  -d lat=22.5571 -d long=114.2401 \\",
                "  --data-urlencode 'attribute[FAULT]=out' \\",
                "  --data-urlencode 'description=" + _("路灯连续三晚不亮。") + "'",
            )
        ),
    }
    return render(request, "hotline/open311_page.html", context)


routes: list[URLPattern] = [path("open311/", developers, name="open311")]
