from django.apps import AppConfig


class PartiesConfig(AppConfig):
    name = "gongjian.parties"
    label = "parties"
