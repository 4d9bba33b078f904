-- Tables in parts, by the number that each row gets as it is written: it never changes, so a row that gets its position later stays
-- where it is, and old parts can be taken off whole. A unique key of the whole would have to hold that number too; positions and
-- sequences are unique within a part, and over all of them because one sequencer, and one holder of a subject's row, gives them.

-- Where the first part ends.
create function part_bound(p_table text) returns bigint
language sql stable set search_path = pg_catalog, public as $$
  select (regexp_match(pg_get_constraintdef(oid), '< ''?(\d+)'))[1]::bigint
  from pg_constraint where contype = 'c' and conname = replace(p_table, '_0', '') || '_first' and conrelid = p_table::regclass
$$;
revoke all on function part_bound(text) from public;

-- One table a file: whoever holds one of them and wants the other is not met halfway.
-- events.
lock table events in access exclusive mode;
alter table events rename to events_0;
alter table events_0 alter column n drop identity;
create table events (
  n bigint generated always as identity primary key,
  position bigint,
  tenant text not null,
  subject text not null,
  sequence integer not null constraint events_sequence_check check (sequence >= 1),
  type text not null,
  conversation text,
  envelope jsonb not null
) partition by range (n);
select setval(pg_get_serial_sequence('events', 'n'), (select coalesce(max(n), 0) + 1 from events_0), false);
alter table events attach partition events_0 for values from (minvalue) to (part_bound('events_0'));
alter table events_0 drop constraint events_first;
create table events_rest partition of events default;
create unique index on events_rest (position);
create unique index on events_rest (subject, sequence);
create index on events_rest (n) where position is null;
revoke all on events, events_rest from public;
