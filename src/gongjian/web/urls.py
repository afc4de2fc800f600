from django.urls import path

from gongjian.web import pages

app_name = "web"

urlpatterns = [
    path("look/", pages.look, name="look"),
    path("look/choose/", pages.choose, name="choose"),
    path("ground.json", pages.ground, name="ground"),
    path("parts/", pages.sheet, name="sheet"),
    path("parts/staff/", pages.staff_sheet, name="staff_sheet"),
    path("parts/<slug:name>/", pages.error_sheet, name="error_sheet"),
]
