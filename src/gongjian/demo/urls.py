from django.urls import path

from gongjian.demo import pages

app_name = "demo"

urlpatterns = [
    path("office/demonstration/", pages.leave, name="leave"),
    path("office/demonstration/report/", pages.report, name="report"),
]
