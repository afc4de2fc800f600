from django.apps import AppConfig


class CasefileConfig(AppConfig):
    name = "gongjian.casefile"
    label = "casefile"
