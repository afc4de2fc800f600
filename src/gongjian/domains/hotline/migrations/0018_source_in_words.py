"""A reason to refuse says in words that it is the system's own."""

from typing import Any

from django.db import migrations


def _said(apps: Any, _editor: Any) -> None:
    reasons = apps.get_model("hotline", "RejectReason").objects.filter(source="参数；服务规则 F3")
    reasons.update(source="本系统默认值，可改：没法办，也没法问")


class Migration(migrations.Migration):
    dependencies = [("hotline", "0017_restricted")]
    operations = [migrations.RunPython(_said, migrations.RunPython.noop)]
