"""Lets the application take back an import, and nothing else, although it may not delete events."""

from django.db import migrations

# Runs as the owner of the tables. A case goes only when it came by this import, within a day, when no later import
# has written it, when every event of it is the system's own, and when no other table speaks of it.
FORWARD = """
create function hotline_undo_import(batch bigint, at timestamptz) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    ids bigint[];
    people bigint[];
    other record;
begin
    if not exists (select from hotline_importbatch b
                   where b.id = batch and b.state = 'undoing' and b.finished_at > at - interval '24 hours') then
        raise exception 'import % is not being undone', batch;
    end if;
    ids := array(
        select i.case_id from hotline_importedcase i where i.batch_id = batch and i.latest_id = batch
        and not exists (select from casework_caseevent e where e.case_id = i.case_id and e.actor_kind <> 'system'));
    for other in
        select c.conrelid::regclass as name, a.attname as held
        from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1]
        where c.contype = 'f' and c.confrelid = 'casework_case'::regclass and c.conrelid not in (
            'casework_caseparty'::regclass, 'casework_caseevent'::regclass, 'casework_caseclock'::regclass,
            'casework_casetext'::regclass, 'hotline_servicerequest'::regclass, 'hotline_importedcase'::regclass)
    loop
        execute format('select array(select id from unnest($1) id where not exists (select from %s x where x.%I = id))',
                       other.name, other.held) into ids using ids;
    end loop;
    insert into casework_tallydelta (kind, topic_id, unit_id, community_id, state, n)
        select kind, topic_id, holder_unit_id, community_id, state, -count(*)
        from casework_case where id = any(ids) group by 1, 2, 3, 4, 5, id / 20000;
    people := array(select contact_id from casework_caseparty where case_id = any(ids) and contact_id is not null);
    delete from casework_eventtext t using casework_caseevent e where e.id = t.event_id and e.case_id = any(ids);
    delete from casework_caseevent where case_id = any(ids);
    delete from casework_clockpause p using casework_caseclock k where k.id = p.clock_id and k.case_id = any(ids);
    delete from casework_caseclock where case_id = any(ids);
    delete from casework_casetext where case_id = any(ids);
    delete from casework_caseparty where case_id = any(ids);
    delete from parties_contact where id = any(people);
    delete from hotline_importedcase where case_id = any(ids);
    delete from hotline_servicerequest where case_id = any(ids);
    delete from casework_case where id = any(ids);
    return coalesce(array_length(ids, 1), 0);
end $$;
"""


class Migration(migrations.Migration):
    dependencies = [("hotline", "0007_imports")]
    operations = [migrations.RunSQL(FORWARD, "drop function hotline_undo_import(bigint, timestamptz)")]
