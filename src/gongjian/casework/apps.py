from django.apps import AppConfig


class CaseworkConfig(AppConfig):
    name = "gongjian.casework"
    label = "casework"
