from datetime import date
from typing import Any

import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models
from django.db.backends.postgresql.psycopg_any import DateRange

FIRST = date(2000, 1, 1)


def begin_at_home(apps: Any, _editor: Any) -> None:
    apps.get_model("parties", "SmsCountry").objects.create(code="+86", source="参数", valid=DateRange(FIRST, None))


class Migration(migrations.Migration):
    dependencies = [("parties", "0002_contact_confirmed")]

    operations = [
        migrations.CreateModel(
            name="SmsCountry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=5)),
                ("source", models.CharField(max_length=200)),
                ("valid", django.contrib.postgres.fields.ranges.DateRangeField()),
            ],
            options={
                "verbose_name_plural": "sms countries",
                "constraints": [
                    django.contrib.postgres.constraints.ExclusionConstraint(
                        expressions=[("code", "="), ("valid", "&&")], name="one_sms_country_at_a_time"
                    )
                ],
            },
        ),
        migrations.RunPython(begin_at_home, migrations.RunPython.noop),
    ]
