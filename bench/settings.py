"""The installation's own settings plus two yardsticks: a bare view and a bare query."""

from bench.addresses import of_header
from gongjian.project.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
AXES_CLIENT_IP_CALLABLE = of_header
