-- keyd's audit log. Rows come without a position; the sequencer numbers and chains what is committed.

create table audit (
  id bigint generated always as identity primary key,
  entry text not null check (length(entry) between 2 and 2000),
  at timestamptz not null default clock_timestamp(),
  position bigint unique,
  head bytea check (octet_length(head) = 32),
  check ((position is null) = (head is null))
);
create index audit_unnumbered on audit (id) where position is null;

create table audit_log (
  one boolean primary key default true check (one),
  id text not null
);
insert into audit_log (id) values (encode(uuid_send(gen_random_uuid()), 'hex'));

create table checkpoints (
  size bigint primary key,
  checkpoint text not null check (length(checkpoint) <= 1000),
  at timestamptz not null default clock_timestamp()
);

create table leases (
  name text primary key,
  holder text not null,
  until timestamptz not null
);
insert into leases (name, holder, until) values ('audit', '', '-infinity');

-- Takes or keeps a lease. True while this holder has it; the row stays locked until the transaction ends.
create function lease_take(p_name text, p_holder text, p_ms integer) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update leases set holder = p_holder, until = clock_timestamp() + make_interval(secs => p_ms / 1000.0)
    where name = p_name and (holder = p_holder or until < clock_timestamp());
  return found;
end $$;

-- Entries are added, numbered once and never changed: a numbered one cannot be numbered again, whoever owns the session.
create function audit_keep() returns trigger
language plpgsql set search_path = pg_catalog, public as $$
begin
  if tg_op = 'UPDATE' and old.position is null and new.id = old.id and new.entry = old.entry and new.at = old.at then
    return new;
  end if;
  raise exception 'the audit log keeps what it has';
end $$;
create trigger audit_keep before update or delete on audit for each row execute function audit_keep();
