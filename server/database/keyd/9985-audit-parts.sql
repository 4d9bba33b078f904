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

lock table audit in access exclusive mode;
alter table audit rename to audit_0;
drop trigger audit_keep on audit_0;
alter table audit_0 alter column id drop identity;
create table audit (
  id bigint generated always as identity primary key,
  entry text not null constraint audit_entry_check check (length(entry) between 2 and 2000),
  at timestamptz not null default clock_timestamp(),
  position bigint,
  head bytea constraint audit_head_check check (octet_length(head) = 32),
  constraint audit_check check ((position is null) = (head is null))
) partition by range (id);
select setval(pg_get_serial_sequence('audit', 'id'), (select coalesce(max(id), 0) + 1 from audit_0), false);
alter table audit attach partition audit_0 for values from (minvalue) to (part_bound('audit_0'));
alter table audit_0 drop constraint audit_first;
create table audit_rest partition of audit default;
create unique index on audit_rest (position);
create index on audit_rest (id) where position is null;
create trigger audit_keep before update or delete on audit for each row execute function audit_keep();
revoke all on audit, audit_rest from public;
revoke all on audit_0 from sallyport_keyd;
grant select, update (position, head) on audit to sallyport_keyd;
