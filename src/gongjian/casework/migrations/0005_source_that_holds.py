"""What prescribes a term and what it was modelled on stand apart; a parameter without a document is the district's own."""

from django.db import migrations, models

# "参数；…" said that nothing prescribes the amount, and named a model in the same breath. The house's own rules are none.
APART = """
update {table}
   set source = '',
       modelled_on = case
           when source like '参数；服务规则%' then ''
           else regexp_replace(source, '^参数[；;：:，,。 ]*', '')
       end
 where source like '参数%'
"""
TABLES = ("casework_term", "casework_reminder")


def _added(model: str) -> migrations.AddField:
    return migrations.AddField(model, "modelled_on", models.CharField(max_length=200, default="", db_default=""))


class Migration(migrations.Migration):
    dependencies = [("casework", "0004_one_sequence")]
    operations = [
        _added("term"),
        _added("reminder"),
        *(migrations.RunSQL(APART.format(table=table), migrations.RunSQL.noop) for table in TABLES),
    ]
