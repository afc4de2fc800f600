from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notify", "0003_wording")]

    operations = [
        migrations.AlterField(
            "message",
            "reason",
            models.CharField(
                blank=True,
                choices=[
                    ("no-address", "没有可用的号码或地址"),
                    ("refused", "号码或地址被拒收"),
                    ("country", "不往这个国家或地区发短信"),
                    ("ceiling", "全站发送到了上限，等有余量再发"),
                    ("unreachable", "多次尝试都没有连上"),
                ],
                max_length=20,
            ),
        ),
        migrations.CreateModel(
            name="SendingAllowance",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lane", models.CharField(max_length=20)),
                ("span", models.CharField(choices=[("hour", "小时"), ("day", "天")], max_length=4)),
                ("share", models.PositiveSmallIntegerField()),
                ("began", models.DateTimeField()),
                ("taken", models.PositiveIntegerField()),
                ("refused_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("lane", "span", "share"), name="sending_allowance_once")
                ]
            },
        ),
    ]
