"""Numbers of every month count on together; cases of a bulk load were numbered month by month beside the sequence."""

from django.db import migrations

# A changed sequence keeps whoever would draw from it waiting until this is over. Serials that exist stay taken.
FORWARD = """
alter sequence casework_number as bigint no cycle;
select setval('casework_number', taken.serial)
from casework_number, (
    select max(substring(number from '-([0-9]{1,18})$')::bigint) as serial from casework_case
) taken
where taken.serial >= last_value
"""


class Migration(migrations.Migration):
    dependencies = [("casework", "0003_search_by_domain")]
    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
