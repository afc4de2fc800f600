from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "gongjian.documents"
    label = "documents"
