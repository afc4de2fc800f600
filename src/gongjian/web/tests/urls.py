"""The address table of web's own tests, until and beside the project's."""

from django.urls import include, path

urlpatterns = [path("", include("gongjian.web.urls"))]
