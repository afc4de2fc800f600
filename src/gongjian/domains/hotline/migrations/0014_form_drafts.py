import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import gongjian.sealing.fields

# The forms kept so far go on under a new token each: the one in the sealed form cannot be read here.
TAKE_OVER = """
insert into hotline_intakeform (token, user_id, form, saved_at)
select gen_random_uuid()::text, user_id, form, saved_at from hotline_intakedraft
"""
BOUND_TO = "hotline.intakedraft.form"


class Migration(migrations.Migration):
    dependencies = [
        ("casework", "0002_fewer_indexes"),
        ("hotline", "0013_import_notes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("sending", "words", models.BinaryField(max_length=32, null=True)),
        migrations.RemoveConstraint("replydraft", "reply_draft_once"),
        migrations.AddField("replydraft", "version", models.PositiveIntegerField(db_default=1, default=1)),
        migrations.AddIndex("replydraft", models.Index(fields=["case", "user"], name="reply_draft_of_user")),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel("IntakeDraft", "FormerIntakeDraft"),
                migrations.AlterModelTable("FormerIntakeDraft", "hotline_intakedraft"),
                migrations.AlterField(
                    "formerintakedraft", "form", gongjian.sealing.fields.SealedTextField(bound_to=BOUND_TO)
                ),
                migrations.AlterField(
                    "formerintakedraft",
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ]
        ),
        migrations.CreateModel(
            name="IntakeDraft",
            fields=[
                ("token", models.CharField(max_length=60, primary_key=True, serialize=False)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                ("form", gongjian.sealing.fields.SealedTextField()),
                ("version", models.PositiveIntegerField(db_default=1, default=1)),
                ("sent", models.BinaryField(max_length=32, null=True)),
                ("saved_at", models.DateTimeField()),
            ],
            options={
                "db_table": "hotline_intakeform",
                "indexes": [models.Index(fields=["user", "-saved_at"], name="intake_form_of_user")],
            },
        ),
        migrations.RunSQL(TAKE_OVER),
    ]
