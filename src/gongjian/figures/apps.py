from django.apps import AppConfig


class FiguresConfig(AppConfig):
    name = "gongjian.figures"
    label = "figures"
