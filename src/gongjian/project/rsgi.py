"""What the web server calls: Django behind our own door. Loaded before the first request, not by it."""

from pkgutil import resolve_name

from django.conf import settings

from gongjian.project.serving import loading

WAIT_S = 3  # that a request waits for a connection to the database, before it is asked to come again

loading.end_when_told()
settings.DATABASES["default"]["OPTIONS"]["pool"]["timeout"] = WAIT_S
django = resolve_name(
    "gongjian.project.wsgi:application"
)  # sets Django up, before anything that has models is imported
application = resolve_name("gongjian.project.serving.app:Application")(django, settings.SERVING_THREADS)
