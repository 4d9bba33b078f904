-- The comparison after a restore. An admin asks for it; egress asks the processor what was made or changed since the backup, or
-- takes an export where the processor has no list, and writes what the ledger has forgotten.
alter table reconciliations
  add column asked_at timestamptz,
  add column source text check (source in ('processor', 'export')),
  -- Whoever compares holds it; a dead holder's lease runs out and another begins anew.
  add column holder text not null default '',
  add column lease_until timestamptz not null default '-infinity',
  add column looked integer not null default 0,
  -- Why the last comparison did not come to its end.
  add column failed text;

create table reconcile_exports (
  n bigint generated always as identity primary key,
  account text not null references accounts,
  payment jsonb not null
);

-- written: a charge that the ledger had forgotten. moved: one that has gone on since. over: it is more than the token's mandate
-- had left. differs: the ledger is ahead, and stays. token_gone: of a token that was minted after the backup. no_token: a charge of
-- ours of which nobody says with which token; it holds the account back.
create table reconcile_findings (
  n bigint generated always as identity primary key,
  account text not null references accounts,
  kind text not null check (kind in ('written', 'moved', 'over', 'differs', 'token_gone', 'no_token')),
  charge text not null,
  payment text not null,
  token text,
  amount bigint not null,
  currency text not null,
  state text not null,
  order_reference text,
  at timestamptz not null default clock_timestamp()
);
create index reconcile_findings_of_charge on reconcile_findings (charge);
revoke all on reconcile_exports, reconcile_findings from public;
grant select on reconcile_findings to sallyport_admin;

-- Asks for the comparison of an account, or hands in (more of) an export for it: with `start` it begins. False where nothing waits.
create function reconcile_ask(p_account text, p_source text, p_payments jsonb, p_first boolean, p_start boolean, p_entry text)
returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform from reconciliations where account = p_account and lifted_at is null for update;
  if not found then return false; end if;
  if p_first then
    delete from reconcile_exports where account = p_account;
    update reconciliations set asked_at = null, looked = 0, failed = null where account = p_account and lifted_at is null;
  end if;
  insert into reconcile_exports (account, payment) select p_account, value from jsonb_array_elements(p_payments);
  if p_start then
    update reconciliations set asked_at = clock_timestamp(), source = p_source where account = p_account and lifted_at is null;
    insert into audit (entry) values (p_entry);
  end if;
  return true;
end $$;

-- The next account that was asked for and that nobody compares, with the moment since which. Null where there is none.
create function reconcile_take(p_holder text, p_lease_ms integer) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_account text;
begin
  select r.account into v_account from reconciliations r
    where r.lifted_at is null and r.asked_at is not null and r.failed is null and r.lease_until < clock_timestamp()
    order by r.asked_at limit 1 for update skip locked;
  if not found then return null; end if;
  update reconciliations set holder = p_holder, lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0), looked = 0
    where account = v_account and lifted_at is null;
  return (select jsonb_build_object('account', a.id, 'tenant', a.tenant, 'processor', a.processor, 'base_url', a.base_url,
      'source', max(r.source), 'since_ms', floor(extract(epoch from min(s.backup_at)) * 1000))
    from accounts a join reconciliations r on r.account = a.id and r.lifted_at is null join restores s on s.n = r.restore
    where a.id = v_account group by a.id);
end $$;

create function reconcile_exported(p_account text, p_after bigint, p_limit integer) returns table (n bigint, payment jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
  select e.n, e.payment from reconcile_exports e where e.account = p_account and e.n > p_after order by e.n limit p_limit
$$;

-- Internal: attempts of operations that were lost had numbers, and processors know the keys that are made of them. What is asked
-- from now on has numbers that none of them had.
create function reconcile_skip(p_charge text, p_operation text) returns void
language sql set search_path = pg_catalog, public as $$
  insert into attempts (charge, operation, attempt, amount, state, created_at)
    values (p_charge, p_operation, (select count(*) from restores)::integer * 1000, 0, 'failed', '-infinity') on conflict do nothing
$$;

-- Internal: the event that tells of a charge as it was found.
create function reconcile_event(p_charge text, p jsonb) returns void
language sql set search_path = pg_catalog, public as $$
  select charge_event(p_charge, p->>'event_id', 'charge.' || case p->>'state'
      when 'partially_captured' then 'captured' when 'partially_refunded' then 'refunded' else p->>'state' end,
    case when p->>'state' in ('declined', 'failed', 'unknown') then p->'error'
      when p->>'state' in ('captured', 'partially_captured') then jsonb_build_object('amount_captured_minor', p->'captured')
      when p->>'state' in ('refunded', 'partially_refunded') then jsonb_build_object('amount_refunded_minor', p->'refunded')
      when p->>'state' = 'action_required' then jsonb_build_object('kind', coalesce(p->>'next_action', '3ds')) end)
$$;

-- One payment as the processor has it. Gives what it was: same, written, moved, over, differs, token_gone, no_token.
-- `p` = { charge, payment, token?, order?, operation, amount, currency, state, authorized, captured, refunded, error?, event_id, event_id_2 }
create function reconcile_one(p_account text, p jsonb) returns text
language plpgsql set search_path = pg_catalog, public as $$
declare
  v charges := charge_lock(p->>'charge');
  v_token tokens;
  v_took boolean := p->>'state' not in ('declined', 'failed', 'voided');
  v_open boolean := p->>'state' in ('unknown', 'pending', 'action_required');
  v_captured bigint := (p->>'captured')::bigint;
  v_refunded bigint := (p->>'refunded')::bigint;
  v_kind text;
  v_order text := p->>'order';
  v_allowance text;
begin
  if v.id is not null then
    if v.account <> p_account then return 'differs'; end if;
    -- Another state says nothing new where it is only how the processor calls the same.
    if v.state = p->>'state' and v.captured = v_captured and v.refunded = v_refunded then return 'same'; end if;
    if v.captured > v_captured or v.refunded > v_refunded or v.state = 'voided'
      or (v.state in ('declined', 'failed') and not v_took) or v.amount <> (p->>'amount')::bigint then return 'differs'; end if;
    v_kind := 'moved';
    v_allowance := v.allowance;
    if v_took and not v_open and v.allowance = 'reserved' then
      perform settle(v.token);
      v_allowance := 'settled';
    elsif not v_took and v.allowance = 'reserved' then
      perform release(v.token);
      v_allowance := 'released';
    elsif v_took and v.allowance = 'released' then
      update allowances set uses_left = uses_left - 1, uses_settled = uses_settled + 1 where token = v.token and uses_left > 0;
      if not found then v_kind := 'over'; end if;
      v_allowance := 'settled';
    end if;
    update attempts set sent_at = coalesce(sent_at, '1970-01-01'), state = case
        when v_open and p->>'state' in ('unknown', 'pending') then p->>'state' when p->>'state' in ('declined', 'failed') then 'failed' else 'done' end
      where charge = v.id and operation = v.operation and state in ('created', 'sending', 'unknown', 'pending');
    update attempts set state = 'done' where charge = v.id and state in ('created', 'sending', 'unknown', 'pending') and (
      (operation = 'capture' and v_captured > v.captured) or (operation = 'refund' and v_refunded > v.refunded)
      or (operation = 'void' and p->>'state' = 'voided'));
    if v_captured > v.captured then perform reconcile_skip(v.id, 'capture'); end if;
    if v_refunded > v.refunded then perform reconcile_skip(v.id, 'refund'); end if;
    update charges set state = p->>'state', allowance = v_allowance, processor_ref = p->>'payment', next_action = null,
      authorized = greatest(authorized, v_captured, case when v_took and not v_open then amount else 0 end),
      captured = v_captured, refunded = v_refunded, error_code = p->'error'->>'code', lease_holder = '', lease_until = '-infinity',
      resolve_at = case when p->>'state' in ('unknown', 'pending') then clock_timestamp() + interval '5 seconds' end, resolve_tries = 0,
      updated_at = clock_timestamp() where id = v.id;
    perform reconcile_event(v.id, p);
    return v_kind;
  end if;

  if p->>'token' is null then return 'no_token'; end if;
  perform from allowances where token = p->>'token' for update;
  select t.* into v_token from tokens t join mandates m on m.token = t.id and m.account = p_account where t.id = p->>'token';
  if not found then return 'token_gone'; end if;
  v_kind := 'written';
  v_allowance := case when not v_took then 'released' when v_open then 'reserved' else 'settled' end;
  if v_took then
    update allowances set uses_left = uses_left - 1, uses_reserved = uses_reserved + v_open::integer,
      uses_settled = uses_settled + (not v_open)::integer where token = v_token.id and uses_left > 0;
    if not found then
      v_kind := 'over';
      v_allowance := 'settled';
    end if;
  end if;
  if v_order is not null and v_took then
    -- One of before that had not left makes room, as in charge_begin(); beside one that had, this is a second one.
    update charges set state = 'failed', allowance = 'released', lease_holder = '', lease_until = '-infinity', updated_at = clock_timestamp()
      where tenant = v_token.tenant and token = v_token.id and reference = v_order and operation = p->>'operation' and state = 'created'
        and allowance = 'released';
    if exists (select from charges where tenant = v_token.tenant and token = v_token.id and reference = v_order
        and operation = p->>'operation' and state not in ('declined', 'failed')) then
      v_order := null;
      v_kind := 'over';
    end if;
  end if;
  insert into charges (id, tenant, token, conversation, capture_id, account, operation, amount, currency, reference, state, authorized,
      captured, refunded, processor_ref, error_code, allowance, resolve_at)
    values (p->>'charge', v_token.tenant, v_token.id, v_token.conversation, v_token.capture_id, p_account, p->>'operation',
      (p->>'amount')::bigint, p->>'currency', v_order, p->>'state',
      greatest(v_captured, case when v_took and not v_open then (p->>'amount')::bigint else 0 end), v_captured, v_refunded, p->>'payment', p->'error'->>'code',
      v_allowance, case when p->>'state' in ('unknown', 'pending') then clock_timestamp() + interval '5 seconds' end);
  -- Sent so long ago that nothing is ever sent again for it.
  insert into attempts (charge, operation, attempt, amount, state, sent_at) values (p->>'charge', p->>'operation', 1,
    (p->>'amount')::bigint, case when p->>'state' in ('unknown', 'pending') then p->>'state' when p->>'state' in ('declined', 'failed') then 'failed' else 'done' end,
    '1970-01-01');
  if v_captured > 0 then perform reconcile_skip(p->>'charge', 'capture'); end if;
  if v_refunded > 0 then perform reconcile_skip(p->>'charge', 'refund'); end if;
  perform charge_event(p->>'charge', p->>'event_id_2', 'charge.created', null);
  perform reconcile_event(p->>'charge', p);
  return v_kind;
end $$;

-- A page of payments, in one transaction. Refuses whoever lost the lease. `p` = { account, holder, lease_ms, payments: [{ …, audit }] }.
-- Gives the tokens of what it wrote or moved.
create function reconcile_found(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_one jsonb;
  v_kind text;
  v_charges text[] := '{}';
begin
  update reconciliations set lease_until = clock_timestamp() + make_interval(secs => (p->>'lease_ms')::integer / 1000.0),
      looked = looked + jsonb_array_length(p->'payments')
    where account = p->>'account' and lifted_at is null and holder = p->>'holder' and lease_until > clock_timestamp();
  if not found then perform charge_refuse('system.conflict'); end if;
  for v_one in select value from jsonb_array_elements(p->'payments') loop
    v_kind := reconcile_one(p->>'account', v_one);
    if v_kind = 'same' then continue; end if;
    insert into reconcile_findings (account, kind, charge, payment, token, amount, currency, state, order_reference)
      select p->>'account', v_kind, v_one->>'charge', v_one->>'payment', v_one->>'token', (v_one->>'amount')::bigint, v_one->>'currency',
        v_one->>'state', v_one->>'order'
      where not exists (select from reconcile_findings f where f.charge = v_one->>'charge' and f.payment = v_one->>'payment'
        and f.kind = v_kind and f.state = v_one->>'state');
    if v_kind in ('written', 'moved', 'over') then
      perform charge_audit(v_one->>'audit');
      v_charges := v_charges || (v_one->>'charge');
    end if;
  end loop;
  return (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'tenant', c.tenant, 'token', c.token)), '[]')
    from charges c where c.id = any (v_charges));
end $$;

-- The end of a comparison: lifted, or why not. `p` = { account, holder, failed?, audit }. Gives the word that it failed with, or null.
create function reconcile_end(p jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_failed text := p->>'failed';
begin
  if not exists (select from reconciliations where account = p->>'account' and lifted_at is null and holder = p->>'holder') then
    return 'superseded';
  end if;
  if v_failed is null and exists (select from reconcile_findings f where f.account = p->>'account' and f.kind = 'no_token'
      and not exists (select from charges c where c.id = f.charge)) then
    v_failed := 'no_token';
  end if;
  update reconciliations set holder = '', lease_until = '-infinity', failed = v_failed,
      lifted_at = case when v_failed is null then clock_timestamp() end, how = case when v_failed is null then 'compared' end
    where account = p->>'account' and lifted_at is null;
  if v_failed is null then
    delete from reconcile_exports where account = p->>'account';
    perform charge_audit(p->>'audit');
  end if;
  return v_failed;
end $$;

-- As in 9960-restore.sql; and what a comparison found is the answer to the key that had made it. Its charge's id is made of the
-- key, so whoever has the same key comes to it; another body under that key is a conflict as ever.
create or replace function charge_start(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_state text;
  v charges;
begin
  if not exists (select from restores) then return grant_begin(p); end if;
  select c.state into v_state from idempotency i join charges c on c.id = i.thing
    where i.tenant = p->>'tenant' and i.route = 'charges' and i.key = p->>'key';
  if found then
    if v_state in ('created', 'sending', 'unknown') and restore_waits(p->>'token') then perform charge_refuse('system.not_reconciled'); end if;
    return grant_begin(p);
  end if;
  if restore_waits(p->>'token') then perform charge_refuse('system.not_reconciled'); end if;
  select * into v from charges where id = p->>'charge' and tenant = p->>'tenant';
  if found then
    if (v.token, v.operation, v.amount, v.currency) is distinct from
        (p->>'token', p->>'operation', (p->>'amount')::bigint, p->>'currency') then
      return jsonb_build_object('result', 'conflict');
    end if;
    insert into idempotency (tenant, route, key, body, thing)
      values (p->>'tenant', 'charges', p->>'key', p->>'body', v.id) on conflict do nothing;
  elsif exists (select from reconcile_findings where charge = p->>'charge' and kind in ('token_gone', 'no_token')) then
    -- It was made with a token that is gone, so this is another body.
    return jsonb_build_object('result', 'conflict');
  end if;
  return grant_begin(p);
end $$;

revoke all on function reconcile_ask(text, text, jsonb, boolean, boolean, text), reconcile_take(text, integer),
  reconcile_exported(text, bigint, integer), reconcile_skip(text, text), reconcile_event(text, jsonb), reconcile_one(text, jsonb),
  reconcile_found(jsonb), reconcile_end(jsonb) from public;
grant execute on function reconcile_ask(text, text, jsonb, boolean, boolean, text) to sallyport_admin;
grant execute on function reconcile_take(text, integer), reconcile_exported(text, bigint, integer), reconcile_found(jsonb),
  reconcile_end(jsonb) to sallyport_egress;
