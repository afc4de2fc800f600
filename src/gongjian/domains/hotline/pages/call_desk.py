"""call_desk"""

from django.urls import URLPattern

routes: list[URLPattern] = []
