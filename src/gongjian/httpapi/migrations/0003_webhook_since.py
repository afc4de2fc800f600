from datetime import UTC, datetime

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("httpapi", "0002_webhooks")]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="since",
            field=models.DateTimeField(default=datetime(2026, 11, 23, tzinfo=UTC)),
            preserve_default=False,
        ),
        migrations.RemoveIndex(model_name="delivery", name="delivery_due"),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["subscription", "event_id"], name="delivery_waiting"
            ),
        ),
    ]
