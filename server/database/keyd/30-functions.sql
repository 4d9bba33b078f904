-- Each function is one decision and its audit entry in one transaction. `synchronous_commit = on` is set for the
-- transaction they run in: what they return is only known to keyd once it is on the disk of the primary.

-- Spends a grant, counts the opening and writes the intent. Returns 'ok', or why not; then nothing but what is said here
-- was written. The order is the order of the refusals: a token that is dead stays dead whatever else is wrong.
create function spend(
  p_jti text, p_iat bigint, p_now bigint, p_token text, p_tenant text, p_max_opens integer, p_per_minute integer,
  p_entry text
) returns text
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_minute timestamptz := date_trunc('minute', clock_timestamp());
begin
  perform set_config('synchronous_commit', 'on', true);

  -- Both in seconds. Written only when it rises, so that openings within a second do not queue for this row.
  update clock set highest_iat = p_iat where highest_iat < p_iat;
  if p_now + 5 < (select highest_iat from clock) then return 'clock_behind'; end if;

  if exists (select from tombstones where token = p_token) then return 'tombstoned'; end if;

  -- Two keyds with one grant: the second waits here for the first and then finds the row.
  insert into grants_used (jti) values (p_jti) on conflict do nothing;
  if not found then return 'spent'; end if;

  -- A grant that is refused from here on is spent all the same: a refusal never gives one back.
  if p_max_opens < 1 then return 'too_many_openings'; end if;
  insert into openings as o (token, count, minute, minute_count) values (p_token, 1, v_minute, 1)
    on conflict (token) do update set
      count = o.count + 1,
      minute = v_minute,
      minute_count = case when o.minute = v_minute then o.minute_count + 1 else 1 end
    where o.count < p_max_opens and (o.minute <> v_minute or o.minute_count < p_per_minute);
  if not found then
    return case
      when (select o.count from openings o where o.token = p_token) >= p_max_opens then 'too_many_openings'
      else 'too_fast' end;
  end if;

  -- A tombstone takes the row above first: one that was written meanwhile is seen here, a later one waits for this commit.
  if exists (select from tombstones where token = p_token) then return 'tombstoned'; end if;

  insert into audit (entry) values (p_entry);
  return 'ok';
end $$;

-- One use of a ticket. False when it has had as many as it may.
create function ticket_use(p_jti text, p_max integer, p_entry text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform set_config('synchronous_commit', 'on', true);
  insert into tickets_used as t (jti, count) values (p_jti, 1)
    on conflict (jti) do update set count = t.count + 1 where t.count < p_max;
  if not found then return false; end if;
  insert into audit (entry) values (p_entry);
  return true;
end $$;

-- Durable, and idempotent: the first tombstone of a token stands.
create function tombstone(p_token text, p_tenant text, p_entry text) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform set_config('synchronous_commit', 'on', true);
  -- No count is left below any mandate's, so that the row alone would refuse as well.
  insert into openings as o (token, count, minute, minute_count) values (p_token, 2147483647, clock_timestamp(), 1)
    on conflict (token) do update set count = 2147483647;
  insert into tombstones (token, tenant) values (p_token, p_tenant) on conflict do nothing;
  if found then insert into audit (entry) values (p_entry); end if;
end $$;

create function audit_add(p_entry text) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform set_config('synchronous_commit', 'on', true);
  insert into audit (entry) values (p_entry);
end $$;

-- Keeps a checkpoint for a size that the log has reached. False when it has not.
create function checkpoint_keep(p_size bigint, p_checkpoint text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if p_size > coalesce((select max(position) from audit), 0) then return false; end if;
  insert into checkpoints (size, checkpoint) values (p_size, p_checkpoint) on conflict do nothing;
  return true;
end $$;

-- What can no longer be presented is forgotten: grants live a minute, tickets 65 minutes; both are kept a day.
create function ledger_trim() returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from grants_used where used_at < clock_timestamp() - interval '24 hours';
  delete from tickets_used where first_at < clock_timestamp() - interval '24 hours';
$$;

revoke all on function lease_take(text, text, integer), audit_keep(),
  spend(text, bigint, bigint, text, text, integer, integer, text), ticket_use(text, integer, text),
  tombstone(text, text, text), audit_add(text), checkpoint_keep(bigint, text), ledger_trim() from public;
grant execute on function lease_take(text, text, integer),
  spend(text, bigint, bigint, text, text, integer, integer, text), ticket_use(text, integer, text),
  tombstone(text, text, text), audit_add(text), checkpoint_keep(bigint, text), ledger_trim() to sallyport_keyd;
grant select, update (position, head) on audit to sallyport_keyd;
grant select on audit_log, checkpoints to sallyport_keyd;
