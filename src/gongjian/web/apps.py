from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "gongjian.web"
    label = "web"
