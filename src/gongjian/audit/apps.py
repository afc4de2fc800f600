from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "gongjian.audit"
    label = "audit"
