from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hotline", "0014_form_drafts")]

    operations = [
        migrations.AddField(
            "servicerequest", "public_title", models.CharField(blank=True, db_default="", default="", max_length=80)
        ),
    ]
