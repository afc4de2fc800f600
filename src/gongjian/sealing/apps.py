from django.apps import AppConfig


class SealingConfig(AppConfig):
    name = "gongjian.sealing"
    label = "sealing"
