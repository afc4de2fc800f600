"""The public face's addresses."""

from django.urls import path

from gongjian.portal import pages

app_name = "portal"
urlpatterns = [
    path("", pages.home, name="home"),
    path("search", pages.search, name="search"),
    path("services", pages.services, name="services"),
    path("my/matters", pages.matters, name="matters"),
    path("my/access", pages.access, name="access"),
    path("documents/<int:document_id>", pages.document, name="document"),
    path("confirm/<str:mark>", pages.confirm, name="confirm"),
    path("privacy", pages.privacy, name="privacy"),
    path("accessibility", pages.accessibility, name="accessibility"),
]
