from django.apps import AppConfig


class HotlineConfig(AppConfig):
    name = "gongjian.domains.hotline"
    label = "hotline"
