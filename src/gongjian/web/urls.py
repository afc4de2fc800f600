from django.urls import path

from gongjian.web import pages

app_name = "web"

urlpatterns = [
    path("look/", pages.look, name="look"),
    path("look/choose/", pages.choose, name="choose"),
]
