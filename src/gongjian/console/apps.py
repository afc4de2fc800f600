from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "gongjian.console"
    label = "console"
