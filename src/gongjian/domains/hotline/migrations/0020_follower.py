import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0006_restricted"),
        ("hotline", "0019_import_answers"),
        ("parties", "0004_masks"),
    ]

    operations = [
        migrations.CreateModel(
            name="Follower",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("receipt_index", models.BinaryField(max_length=16, unique=True)),
                ("visitor_index", models.BinaryField(max_length=16)),
                ("counted_as", models.BinaryField(max_length=16)),
                ("told_state", models.CharField(max_length=30)),
                ("created_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(null=True)),
                (
                    "case",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="followers",
                        to="casework.case",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="parties.contact"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("contact__isnull", False),
                            ("stopped_at", None),
                            models.Q(("told_state", "archived"), _negated=True),
                        ),
                        fields=["case"],
                        name="follower_waits",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("stopped_at", None)),
                        fields=("case", "counted_as", "visitor_index"),
                        name="follower_once",
                    )
                ],
            },
        ),
    ]
