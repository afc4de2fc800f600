"""Masks of restricted numbers keep their first three digits alone, as those of contacts."""

from django.db import migrations

COVER = """
update hotline_callerrestriction
set mask_phone = case when mask_phone ~ '^\\d{3} ' then left(mask_phone, 4) else '' end || '********'
where mask_phone ~ '\\d$'
"""


class Migration(migrations.Migration):
    dependencies = [("hotline", "0015_public_title"), ("parties", "0004_masks")]

    operations = [migrations.RunSQL(COVER, migrations.RunSQL.noop)]
