"""Child protection becomes a restricted topic with all its cases; an undone import counts no restricted case out."""

from django.db import migrations

# As in 0012, but for the line on the tally, which counts no restricted case.
UNDO = """
create or replace function hotline_undo_import(batch bigint, at timestamptz) returns integer
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    ids bigint[];
    people bigint[];
    link record;
    removed integer;
begin
    if not exists (select from hotline_importbatch b
                   where b.id = batch and b.state = 'undoing' and b.finished_at > at - interval '24 hours') then
        raise exception 'import % is not being undone', batch;
    end if;
    -- Whoever is at work on one of these cases ends first; whoever comes later finds it gone.
    perform from casework_case c join hotline_importedcase i on i.case_id = c.id
        where i.batch_id = batch order by c.id for update of c;
    delete from hotline_importkept k using hotline_importedcase i
        where k.batch_id = batch and i.batch_id = batch and i.case_id = k.case_id;
    insert into hotline_importkept (batch_id, case_id, why)
        select batch, i.case_id, case when i.latest_id <> batch then 'import' else 'people' end
        from hotline_importedcase i
        where i.batch_id = batch and (i.latest_id <> batch
            or exists (select from casework_caseevent e where e.case_id = i.case_id and e.actor_kind <> 'system')
            or exists (select from casework_caseparty p where p.case_id = i.case_id
                       and (p.person_id is not null or p.receipt_index is not null))
            or (select count(*) from casework_caseparty p where p.case_id = i.case_id) > 1);
    for link in
        select r.relname as name, a.attname as held, t.relname as target
        from pg_constraint k
        join pg_class r on r.oid = k.conrelid
        join pg_class t on t.oid = k.confrelid
        join pg_attribute a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
        where k.contype = 'f' and k.connamespace = 'public'::regnamespace
          and t.relname in ('casework_case', 'casework_caseparty', 'casework_caseevent', 'casework_caseclock',
                            'parties_contact', 'casework_casetext', 'hotline_servicerequest', 'hotline_importedcase')
          and r.relname not in ('casework_caseparty', 'casework_caseevent', 'casework_eventtext', 'casework_caseclock',
                                'casework_clockpause', 'casework_casetext', 'hotline_servicerequest',
                                'hotline_importedcase', 'hotline_importkept')
        order by r.relname, a.attname
    loop
        execute format(
            'insert into hotline_importkept (batch_id, case_id, why)
             select distinct $1, i.case_id, %L from hotline_importedcase i '
            || case
                when link.target = 'parties_contact' then
                    'join casework_caseparty t on t.case_id = i.case_id join %I x on x.%I = t.contact_id '
                when link.target in ('casework_caseparty', 'casework_caseevent', 'casework_caseclock') then
                    'join ' || link.target || ' t on t.case_id = i.case_id join %I x on x.%I = t.id '
                else 'join %I x on x.%I = i.case_id '
               end
            || 'where i.batch_id = $1 on conflict do nothing', link.name, link.name, link.held) using batch;
    end loop;
    ids := array(
        select i.case_id from hotline_importedcase i where i.batch_id = batch
        and not exists (select from hotline_importkept k where k.batch_id = batch and k.case_id = i.case_id));
    insert into casework_tallydelta (kind, topic_id, unit_id, community_id, state, n)
        select c.kind, c.topic_id, c.holder_unit_id, c.community_id, c.state, -count(*)
        from casework_case c where c.id = any(ids) and not c.restricted group by 1, 2, 3, 4, 5, c.id / 20000;
    people := array(select p.contact_id from casework_caseparty p
                    where p.case_id = any(ids) and p.contact_id is not null);
    delete from casework_eventtext t using casework_caseevent e where e.id = t.event_id and e.case_id = any(ids);
    delete from casework_caseevent e where e.case_id = any(ids);
    delete from casework_clockpause p using casework_caseclock k where k.id = p.clock_id and k.case_id = any(ids);
    delete from casework_caseclock k where k.case_id = any(ids);
    delete from casework_casetext t where t.case_id = any(ids);
    delete from casework_caseparty p where p.case_id = any(ids);
    delete from parties_contact c where c.id = any(people)
        and not exists (select from casework_caseparty p where p.contact_id = c.id);
    delete from hotline_importkept k where k.case_id = any(ids);
    delete from hotline_importedcase i where i.case_id = any(ids);
    delete from hotline_servicerequest q where q.case_id = any(ids);
    -- What programs were not told yet they are not told any more.
    delete from httpapi_delivery d where d.state = 'waiting' and d.case_id = any(ids);
    delete from casework_case c where c.id = any(ids);
    get diagnostics removed = row_count;
    return removed;
end $$;
"""
RESTRICT = """
update casework_topic set restricted = true where domain = 'hotline' and code = 'social-child'
"""
# One statement: the tally loses exactly the cases that become restricted.
FOLLOW = """
with turned as (
    update casework_case c set restricted = true, version = c.version + 1
    from casework_topic t where t.id = c.topic_id and t.restricted and not c.restricted
    returning c.id, c.kind, c.topic_id, c.holder_unit_id, c.community_id, c.state
)
insert into casework_tallydelta (kind, topic_id, unit_id, community_id, state, n)
select kind, topic_id, holder_unit_id, community_id, state, -count(*)
from turned group by 1, 2, 3, 4, 5, id / 20000
"""


class Migration(migrations.Migration):
    dependencies = [("hotline", "0016_masks"), ("casework", "0006_restricted")]

    operations = [
        migrations.RunSQL(RESTRICT, migrations.RunSQL.noop),
        migrations.RunSQL(FOLLOW, migrations.RunSQL.noop),
        migrations.RunSQL(UNDO, migrations.RunSQL.noop),
    ]
