"""The first country for text messages says in words that it is the system's own choice."""

from typing import Any

from django.db import migrations


def _said(apps: Any, _editor: Any) -> None:
    apps.get_model("parties", "SmsCountry").objects.filter(source="参数").update(source="本系统默认值，可改")


class Migration(migrations.Migration):
    dependencies = [("parties", "0004_masks")]
    operations = [migrations.RunPython(_said, migrations.RunPython.noop)]
