-- What a restore leaves in keyd's own database. Where this one was put back too, grants that were used and openings since are
-- forgotten here, so a grant of before opens nothing; and its audit log goes on under another name.
create table restores (
  n integer generated always as identity primary key,
  restored_at timestamptz not null default clock_timestamp(),
  -- False: this database is the newest there is, and only the vault's went back.
  rolled_back boolean not null
);
create table audit_earlier (
  log_id text not null,
  position bigint,
  entry text not null,
  at timestamptz not null,
  head bytea,
  unique (log_id, position)
);
revoke all on restores, audit_earlier from public;

-- Of the last restore, in seconds; 0 where there was none.
create function restored_s() returns bigint
language sql stable security definer set search_path = pg_catalog, public as $$
  select coalesce(ceil(extract(epoch from max(restored_at))), 0)::bigint from restores
$$;

-- As the owner or a superuser alone: no role may. `p` = { rolled_back, log_id?, entry }: the first entry of the new log, or the
-- next one of this.
create function restore_mark(p jsonb) returns void
language plpgsql set search_path = pg_catalog, public as $$
begin
  if (p->>'rolled_back')::boolean then
    insert into audit_earlier (log_id, position, entry, at, head)
      select (select id from audit_log), a.position, a.entry, a.at, a.head from audit a;
    truncate audit, checkpoints;
    update audit_log set id = p->>'log_id';
  end if;
  update leases set holder = '', until = '-infinity';
  insert into restores (rolled_back) values ((p->>'rolled_back')::boolean);
  insert into audit (entry) values (p->>'entry');
end $$;

revoke all on function restored_s(), restore_mark(jsonb) from public;
grant execute on function restored_s() to sallyport_keyd;
