"""The installation's own settings plus two yardsticks: a bare view and a bare query."""

from gongjian.project.settings import *  # noqa: F403

ROOT_URLCONF = "bench.urls"
