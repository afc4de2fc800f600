"""Every address of the installation begins here."""

from django.urls import URLPattern, URLResolver, include, path

from gongjian.project import operations, views
from gongjian.project.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("metrics", views.metrics, name="metrics"),
    *operations.urlpatterns,
    path("api/v1/", api.urls),
    path("open311/", include("gongjian.domains.hotline.api.open311.urls")),
    path("", include("gongjian.web.urls")),
    path("", include("gongjian.console.urls")),
    path("", include("gongjian.domains.hotline.urls")),
    path("", include("gongjian.demo.urls")),
    path("", include("gongjian.portal.urls")),
]

handler400 = views.bad_request
handler403 = views.forbidden
handler404 = views.not_found
handler500 = views.server_error
