from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class NotifyConfig(AppConfig):
    name = "gongjian.notify"
    label = "notify"

    def ready(self) -> None:
        # Every room says in its notices.py which kinds of notice it sends.
        autodiscover_modules("notices")
