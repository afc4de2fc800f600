"""Masks that showed the last digits of a phone keep its first three alone."""

from django.db import migrations

# 138 ******** becomes 138 ********, and **** 34 of a short number shows nothing.
COVER = """
update parties_contact
set mask_phone = case when mask_phone ~ '^\\d{3} ' then left(mask_phone, 4) else '' end || '********'
where mask_phone ~ '\\d$'
"""


class Migration(migrations.Migration):
    dependencies = [("parties", "0003_sms_countries")]

    operations = [migrations.RunSQL(COVER, migrations.RunSQL.noop)]
