from django.apps import AppConfig


class HttpApiConfig(AppConfig):
    name = "gongjian.httpapi"
    label = "httpapi"
