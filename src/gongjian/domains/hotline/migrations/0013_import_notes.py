"""What was found out about an imported file is kept with its batch."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hotline", "0012_import_undo_again")]

    operations = [
        migrations.AddField("importbatch", "notes", models.JSONField(default=list)),
    ]
