from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("parties", "0001_initial")]

    operations = [migrations.AddField("contact", "confirmed_at", models.DateTimeField(null=True))]
