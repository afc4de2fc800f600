from django.apps import AppConfig


class NotifyConfig(AppConfig):
    name = "gongjian.notify"
    label = "notify"
