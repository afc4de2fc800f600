from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "gongjian.project"
    label = "project"
