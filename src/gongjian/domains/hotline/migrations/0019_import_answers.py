"""Imports bring answers to what a topic asks: remembered where they change, and gone with a case that is undone."""

from django.db import migrations, models

# The function that undoes stays as it is but for one more table that belongs to an imported case.
FORWARD = """
do $do$
declare
    said text := pg_get_functiondef('hotline_undo_import(bigint, timestamptz)'::regprocedure);
begin
    said := replace(said, $q$'hotline_importedcase', 'hotline_importkept')$q$,
                    $q$'hotline_importedcase', 'hotline_importkept', 'hotline_attributeanswer')$q$);
    said := replace(said, 'delete from hotline_servicerequest q where',
                    'delete from hotline_attributeanswer a where a.case_id = any(ids);
    delete from hotline_servicerequest q where');
    if length(said) - length(replace(said, 'hotline_attributeanswer', '')) <> 2 * length('hotline_attributeanswer') then
        raise exception 'hotline_undo_import is not the function that was expected';
    end if;
    execute said;
end $do$;
"""


class Migration(migrations.Migration):
    dependencies = [("hotline", "0018_source_in_words")]
    operations = [
        migrations.AddField("importchange", "answers", models.TextField(default="", db_default="")),
        migrations.RunSQL(FORWARD, migrations.RunSQL.noop),
    ]
