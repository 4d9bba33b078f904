-- The log that everyone follows. A row is written in the transaction that changes its subject; `sequence` counts from 1
-- without a gap per subject; `position` is set later, by the one sequencer, and is the cursor over all subjects.
create table events (
  n bigint generated always as identity primary key,
  position bigint unique,
  tenant text not null,
  subject text not null,
  sequence integer not null check (sequence >= 1),
  type text not null,
  conversation text,
  envelope jsonb not null,
  unique (subject, sequence)
);
create index events_unnumbered on events (n) where position is null;

-- The log's own id: a restored database gets another, so that old cursors are answered 410. One row.
create table feed (
  one boolean primary key default true check (one),
  log_id text not null,
  head bigint not null default 0
);
insert into feed (log_id) values (encode(uuid_send(gen_random_uuid()), 'hex'));

-- One sequencer is active: whoever holds the lease. No advisory locks, no NOTIFY (DESIGN §8).
create table leases (
  name text primary key,
  holder text not null,
  until timestamptz not null
);
insert into leases values ('events', '', '-infinity'), ('audit', '', '-infinity'), ('upkeep', '', '-infinity');

create function time_text(t timestamptz) returns text language sql immutable
as $$ select to_char(t at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') $$;

-- Takes or keeps a lease. True while this holder has it.
create function lease_take(p_name text, p_holder text, p_ms integer) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update leases set holder = p_holder, until = clock_timestamp() + make_interval(secs => p_ms / 1000.0)
    where name = p_name and (holder = p_holder or until < clock_timestamp());
  return found;
end $$;

-- Internal: appends events of one subject whose row the caller has locked. `p_events` = [{ id, type, data }].
create function events_append(p_tenant text, p_subject text, p_conversation text, p_from integer, p_events jsonb) returns integer
language plpgsql set search_path = pg_catalog, public as $$
declare
  v_sequence integer := p_from;
  v_event jsonb;
begin
  for v_event in select value from jsonb_array_elements(p_events) loop
    v_sequence := v_sequence + 1;
    insert into events (tenant, subject, sequence, type, conversation, envelope) values (
      p_tenant, p_subject, v_sequence, v_event->>'type', p_conversation,
      jsonb_strip_nulls(jsonb_build_object(
        'specversion', '1.0', 'id', v_event->>'id', 'source', '/tenants/' || p_tenant, 'subject', p_subject,
        'time', time_text(clock_timestamp()), 'sequence', v_sequence, 'datacontenttype', 'application/json',
        'conversation', p_conversation, 'type', v_event->>'type', 'data', v_event->'data')));
  end loop;
  return v_sequence;
end $$;

-- Numbers committed events in the order of `n`, which is the order of sequences within a subject, because a writer
-- draws `n` while it holds the subject's row. Returns how many it numbered, or -1 without the lease.
create function events_sequence(p_holder text, p_batch integer) returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_head bigint;
  v_count integer;
begin
  -- Nothing to number costs one index look-up and writes nothing.
  if not exists (select from events where position is null) then return 0; end if;
  if not lease_take('events', p_holder, 5000) then return -1; end if;
  select head into v_head from feed for update;
  with batch as (
    select n, v_head + row_number() over (order by n) as at
    from (select n from events where position is null order by n limit p_batch) open
  )
  update events e set position = batch.at from batch where e.n = batch.n;
  get diagnostics v_count = row_count;
  if v_count > 0 then update feed set head = v_head + v_count; end if;
  return v_count;
end $$;

create function feed_read(p_after bigint, p_limit integer)
returns table (log_id text, head bigint, "position" bigint, tenant text, envelope jsonb)
language sql security definer set search_path = pg_catalog, public as $$
  select f.log_id, f.head, e.position, e.tenant, e.envelope
  from feed f left join lateral (
    select * from events where events.position > p_after and events.position <= f.head order by events.position limit p_limit
  ) e on true
  order by e.position
$$;

-- The name of this log, which every audit entry and checkpoint carries.
create function vault_log_id() returns text language sql stable security definer set search_path = pg_catalog, public
as $$ select log_id from feed $$;

-- How old the oldest event without a number is; the alarm of the sequencer.
create function events_lag_ms() returns double precision
language sql security definer set search_path = pg_catalog, public as $$
  select coalesce(extract(epoch from clock_timestamp() - min((envelope->>'time')::timestamptz)) * 1000, 0)
  from events where position is null
$$;

revoke all on function time_text(timestamptz), lease_take(text, text, integer), events_append(text, text, text, integer, jsonb),
  events_sequence(text, integer), feed_read(bigint, integer), events_lag_ms(), vault_log_id() from public;
grant execute on function vault_log_id() to sallyport_intake, sallyport_egress, sallyport_keeper;
grant execute on function feed_read(bigint, integer) to sallyport_intake;
grant execute on function lease_take(text, text, integer), events_sequence(text, integer), events_lag_ms() to sallyport_keeper;
