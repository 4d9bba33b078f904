-- What a restore leaves behind. A database that went back in time has forgotten charges that processors know: until these
-- were compared (`sallyport reconcile`), nothing is charged, captured, voided or refunded with a token of before.
create table restores (
  n integer generated always as identity primary key,
  -- The moment that the database went back to, and the moment at which it did.
  backup_at timestamptz not null,
  restored_at timestamptz not null default clock_timestamp(),
  log_before text not null,
  log_after text not null
);

-- One row for each merchant account of a restore: charges of its tokens wait until it is lifted.
create table reconciliations (
  restore integer not null references restores,
  account text not null references accounts,
  lifted_at timestamptz,
  -- compared: with what the processor has. forced: a person said so, and why.
  how text check (how in ('compared', 'forced')),
  reason text check (length(reason) <= 500),
  primary key (restore, account),
  check ((lifted_at is null) = (how is null))
);
create index reconciliations_open on reconciliations (account) where lifted_at is null;

-- The audit log as it was before: another one, with another name, goes on from here, so that two entries never stand at one
-- place of one log.
create table audit_earlier (
  log_id text not null,
  position bigint,
  entry text not null,
  at timestamptz not null,
  head bytea,
  unique (log_id, position)
);
revoke all on restores, reconciliations, audit_earlier from public;
grant select on restores, reconciliations to sallyport_admin;

-- Whether charges of this token wait. A token that was minted since is known as it is.
create function restore_waits(p_token text) returns boolean
language plpgsql stable security definer set search_path = pg_catalog, public as $$
begin
  -- Nearly always there is none, and nothing else is looked up.
  if not exists (select from reconciliations where lifted_at is null) then return false; end if;
  return exists (
    select from tokens t join mandates m on m.token = t.id
      join reconciliations r on r.account = m.account and r.lifted_at is null join restores s on s.n = r.restore
    where t.id = p_token and t.created_ms < extract(epoch from s.restored_at) * 1000);
end $$;

-- Whoever writes: nothing is begun, and nothing leaves, while a token waits. `sending` is durable before the first byte of
-- whatever is asked of a processor, so this holds for sales, captures, voids and refunds alike.
create function restore_holds() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_token text;
begin
  if not exists (select from reconciliations where lifted_at is null) then return new; end if;
  if tg_table_name = 'charges' then
    if new.state = 'created' and restore_waits(new.token) then perform charge_refuse('system.not_reconciled'); end if;
    return new;
  end if;
  if new.state not in ('created', 'sending') or (tg_op = 'UPDATE' and old.state = new.state) then return new; end if;
  select token into v_token from charges where id = new.charge;
  if restore_waits(v_token) then perform charge_refuse('system.not_reconciled'); end if;
  return new;
end $$;
create trigger restore_holds before insert on charges for each row execute function restore_holds();
create trigger restore_holds before insert or update of state on attempts for each row execute function restore_holds();

-- begin, as grant_begin(), which it asks. What a key already made is answered, unless something would have to leave for it.
create function charge_start(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_state text;
begin
  if not exists (select from restores) or not restore_waits(p->>'token') then return grant_begin(p); end if;
  select c.state into v_state from idempotency i join charges c on c.id = i.thing
    where i.tenant = p->>'tenant' and i.route = 'charges' and i.key = p->>'key';
  if not found or v_state in ('created', 'sending', 'unknown') then perform charge_refuse('system.not_reconciled'); end if;
  return grant_begin(p);
end $$;

-- After a database was put back: a new log id, a new audit log with `entry` as its first, and every account waits. As the owner
-- or a superuser alone: no role may. `p` = { log_id, entry, backup_at }. Gives the restore's number.
create function restore_mark(p jsonb) returns integer
language plpgsql set search_path = pg_catalog, public as $$
declare
  v_before text := (select log_id from feed);
  v_restore integer;
begin
  insert into audit_earlier (log_id, position, entry, at, head)
    select v_before, a.position, a.entry, a.at, a.head from audit a;
  truncate audit;
  update feed set log_id = p->>'log_id';
  update leases set holder = '', until = '-infinity';
  insert into restores (backup_at, log_before, log_after)
    values ((p->>'backup_at')::timestamptz, v_before, p->>'log_id') returning n into v_restore;
  insert into reconciliations (restore, account) select v_restore, id from accounts;
  -- What was destroyed or over by now must not come back: the hour's keys, codes, and what was counted of cards.
  delete from hour_keys;
  truncate cvc, card_budgets;
  insert into audit (entry) values (p->>'entry');
  return v_restore;
end $$;

-- A token that keyd has a tombstone of is erased, whatever the database that was put back says. False where it was, or is not there.
create function restore_erase(p_token text, p_tenant text, p_life_ms bigint, p_event_id text, p_entry text) returns boolean
language plpgsql set search_path = pg_catalog, public as $$
begin
  perform from tokens where id = p_token and tenant = p_tenant and state = 'active' for update;
  if not found then return false; end if;
  -- Its day of grace is over, or nearly.
  perform token_end(p_token, 'request', 0, p_life_ms, p_event_id);
  update tokens set tombstoned = true where id = p_token;
  insert into audit (entry) values (p_entry);
  return true;
end $$;

-- A person takes the responsibility. False where nothing waits.
create function restore_force(p_account text, p_reason text, p_entry text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update reconciliations set lifted_at = clock_timestamp(), how = 'forced', reason = p_reason
    where account = p_account and lifted_at is null;
  if not found then return false; end if;
  insert into audit (entry) values (p_entry);
  return true;
end $$;

revoke all on function restore_waits(text), restore_holds(), charge_start(jsonb), restore_mark(jsonb),
  restore_erase(text, text, bigint, text, text), restore_force(text, text, text) from public;
grant execute on function charge_start(jsonb) to sallyport_egress;
grant execute on function restore_force(text, text, text) to sallyport_admin;
