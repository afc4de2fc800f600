from django.urls import path

from gongjian.web import pages, phone

app_name = "web"

urlpatterns = [
    path("look/", pages.look, name="look"),
    path("look/choose/", pages.choose, name="choose"),
    path("ground.json", pages.ground, name="ground"),
    path("sw.js", phone.service_worker, name="service_worker"),
    path("manifest.webmanifest", phone.manifest, name="manifest"),
    path("offline", phone.offline, name="offline"),
    path("phone/unsent", phone.unsent, name="unsent"),
    path("phone/hello", phone.hello, name="hello"),
    path("parts/", pages.sheet, name="sheet"),
    path("parts/staff/", pages.staff_sheet, name="staff_sheet"),
    path("parts/<slug:name>/", pages.error_sheet, name="error_sheet"),
]
