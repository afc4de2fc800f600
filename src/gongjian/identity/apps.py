from django.apps import AppConfig


class IdentityConfig(AppConfig):
    name = "gongjian.identity"
    label = "identity"
