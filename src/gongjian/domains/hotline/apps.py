from django.apps import AppConfig

from gongjian.casework.kinds import register
from gongjian.domains.hotline.indicators import SPECS
from gongjian.domains.hotline.workflow import KINDS
from gongjian.figures import specs


class HotlineConfig(AppConfig):
    name = "gongjian.domains.hotline"
    label = "hotline"

    def ready(self) -> None:
        for kind in KINDS:
            register(kind)
        specs.register(SPECS)
