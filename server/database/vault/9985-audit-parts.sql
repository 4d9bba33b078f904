-- As events, in 9984-events-parts.sql.
lock table audit in access exclusive mode;
alter table audit rename to audit_0;
alter table audit_0 alter column id drop identity;
create table audit (
  id bigint generated always as identity primary key,
  entry text not null,
  at timestamptz not null default clock_timestamp(),
  position bigint,
  head bytea
) partition by range (id);
select setval(pg_get_serial_sequence('audit', 'id'), (select coalesce(max(id), 0) + 1 from audit_0), false);
alter table audit attach partition audit_0 for values from (minvalue) to (part_bound('audit_0'));
alter table audit_0 drop constraint audit_first;
create table audit_rest partition of audit default;
create unique index on audit_rest (position);
create index on audit_rest (id) where position is null;
revoke all on audit, audit_rest from public;
revoke all on audit_0 from sallyport_intake, sallyport_egress, sallyport_admin, sallyport_keeper;
grant insert (entry) on audit to sallyport_intake, sallyport_egress, sallyport_admin;
grant select, update (position, head) on audit to sallyport_keeper;
