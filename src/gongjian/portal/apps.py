from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "gongjian.portal"
    label = "portal"
