"""The web server's door. Routes are loaded before the first request, not by it."""

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gongjian.project.settings")
application = get_wsgi_application()
ROUTES = len(get_resolver().url_patterns)
