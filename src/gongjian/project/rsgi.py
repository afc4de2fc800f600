"""What the web server calls: Django behind our own door. Loaded before the first request, not by it."""

from pkgutil import resolve_name

from django.conf import settings

from gongjian.project.serving import loading

loading.end_when_told()
django = resolve_name(
    "gongjian.project.wsgi:application"
)  # sets Django up, before anything that has models is imported
application = resolve_name("gongjian.project.serving.app:Application")(django, settings.SERVING_THREADS)
