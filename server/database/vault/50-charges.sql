-- Charges and their attempts. Everything goes through functions, each one transaction: the state, its event, the ledger, the
-- key of the request and the audit entry change together or not at all. Rows are locked in one order: allowance, then charge.
-- What a function refuses it raises with SQLSTATE SPERR and a code of protocol/errors.ts as message.
create table charges (
  id text primary key check (id ~ '^chg_[a-z]{26}$'),
  tenant text not null references tenants,
  token text not null references tokens,
  conversation text not null,
  capture_id text not null references captures,
  account text not null references accounts,
  operation text not null check (operation in ('sale', 'authorize')),
  amount bigint not null check (amount > 0),
  currency text not null,
  reference text,
  state text not null,
  authorized bigint not null default 0,
  captured bigint not null default 0 check (captured <= authorized),
  refunded bigint not null default 0 check (refunded <= captured),
  processor_ref text,
  next_action text,
  error_code text,
  cvc text check (cvc in ('open', 'none', 'spent', 'expired', 'lost')),
  -- What this charge did to its token's allowance.
  allowance text not null check (allowance in ('reserved', 'settled', 'released')),
  sequence integer not null default 0,
  -- Whoever works on the charge holds it; a dead holder's lease runs out and another goes on with the same charge.
  lease_holder text not null default '',
  lease_until timestamptz not null default '-infinity',
  -- When the processor is to be asked by itself, and how often it was.
  resolve_at timestamptz,
  resolve_tries integer not null default 0,
  asked_at timestamptz not null default '-infinity',
  created_at timestamptz not null default clock_timestamp(),
  updated_at timestamptz not null default clock_timestamp()
);
-- One charge per token and reference (DESIGN §1). A charge that took nothing makes room for another.
create unique index charges_one_per_reference on charges (tenant, token, reference, operation)
  where reference is not null and state not in ('declined', 'failed');
create index charges_to_resolve on charges (resolve_at) where resolve_at is not null;
create index charges_held on charges (lease_until) where lease_holder <> '';
create index charges_of_token on charges (token);

-- One row for each time that something is asked of a processor; the processor's key is derived from its primary key.
create table attempts (
  charge text not null references charges,
  operation text not null check (operation in ('sale', 'authorize', 'capture', 'void', 'refund')),
  attempt integer not null check (attempt >= 1),
  amount bigint not null check (amount >= 0),
  -- created: nothing has left. sending: durable before the first byte. done and failed: the processor said so.
  state text not null default 'created' check (state in ('created', 'sending', 'unknown', 'pending', 'done', 'failed')),
  cvc text,
  refusals integer not null default 0,
  error_code text,
  -- The first byte of the first sending: from here the processor's memory of the key is reckoned.
  sent_at timestamptz,
  created_at timestamptz not null default clock_timestamp(),
  primary key (charge, operation, attempt)
);
create unique index attempts_one_open on attempts (charge) where state in ('created', 'sending', 'unknown', 'pending');

-- protocol/charge.ts a second time: the vault refuses what that never decides. A test compares the two.
create function charge_may_become(p_from text, p_to text) returns boolean language sql immutable
set search_path = pg_catalog, public as $$
  select (p_from, p_to) in (
    ('created', 'sending'), ('created', 'failed'),
    ('sending', 'authorized'), ('sending', 'captured'), ('sending', 'declined'), ('sending', 'failed'), ('sending', 'unknown'),
    ('sending', 'action_required'), ('sending', 'pending'),
    ('unknown', 'sending'), ('unknown', 'authorized'), ('unknown', 'captured'), ('unknown', 'declined'), ('unknown', 'failed'),
    ('unknown', 'action_required'), ('unknown', 'pending'),
    ('action_required', 'sending'), ('action_required', 'authorized'), ('action_required', 'captured'),
    ('action_required', 'declined'), ('action_required', 'failed'), ('action_required', 'unknown'),
    ('action_required', 'pending'), ('action_required', 'voided'),
    ('pending', 'authorized'), ('pending', 'captured'), ('pending', 'declined'), ('pending', 'failed'), ('pending', 'unknown'),
    ('pending', 'partially_captured'), ('pending', 'voided'), ('pending', 'partially_refunded'), ('pending', 'refunded'),
    ('authorized', 'captured'), ('authorized', 'partially_captured'), ('authorized', 'voided'), ('authorized', 'failed'),
    ('authorized', 'pending'),
    ('captured', 'partially_refunded'), ('captured', 'refunded'), ('captured', 'voided'), ('captured', 'pending'),
    ('partially_captured', 'captured'), ('partially_captured', 'partially_refunded'), ('partially_captured', 'refunded'),
    ('partially_captured', 'pending'),
    ('partially_refunded', 'refunded'), ('partially_refunded', 'partially_refunded'), ('partially_refunded', 'pending'))
$$;

create function charge_refuse(p_code text, p_param text default '') returns void language plpgsql
set search_path = pg_catalog, public as $$
begin
  raise exception using errcode = 'SPERR', message = p_code, detail = p_param;
end $$;

-- Internal: the charge, locked in the order that all functions keep.
create function charge_lock(p_charge text) returns charges language plpgsql set search_path = pg_catalog, public as $$
declare v charges;
begin
  perform from allowances where token = (select token from charges where id = p_charge) for update;
  select * into v from charges where id = p_charge for update;
  return v;
end $$;

-- Internal: what egress works with. `attempt` is the one under way, else the latest.
create function charge_view(p_charge text) returns jsonb language sql stable set search_path = pg_catalog, public as $$
  select jsonb_build_object(
    'id', c.id, 'tenant', c.tenant, 'token', c.token, 'capture_id', c.capture_id, 'account', c.account, 'processor', a.processor,
    'base_url', a.base_url, 'operation', c.operation, 'amount', c.amount, 'currency', c.currency, 'reference', c.reference,
    'state', c.state, 'authorized', c.authorized, 'captured', c.captured, 'refunded', c.refunded,
    'processor_ref', c.processor_ref, 'next_action', c.next_action, 'error_code', c.error_code, 'cvc', c.cvc,
    'brand', t.brand, 'last4', t.last4, 'created_ms', floor(extract(epoch from c.created_at) * 1000),
    'created_at', time_text(c.created_at), 'updated_at', time_text(c.updated_at),
    'cvc_used', exists (select from charges o where o.token = c.token and o.id <> c.id and o.cvc = 'open'),
    'attempt', (
      select jsonb_build_object('operation', x.operation, 'attempt', x.attempt, 'amount', x.amount, 'state', x.state, 'cvc', x.cvc,
        'refusals', x.refusals, 'error_code', x.error_code,
        'sent_ms_ago', floor(extract(epoch from clock_timestamp() - x.sent_at) * 1000))
      from attempts x where x.charge = c.id
      order by x.state in ('created', 'sending', 'unknown', 'pending') desc, x.created_at desc limit 1))
  from charges c join accounts a on a.id = c.account join tokens t on t.id = c.token
  where c.id = p_charge
$$;

-- Internal: the charge's next event. The charge's row is locked and already says what it became.
create function charge_event(p_charge text, p_event_id text, p_type text, p_more jsonb) returns void
language plpgsql set search_path = pg_catalog, public as $$
declare
  v charges;
  v_sequence integer;
  v_card jsonb;
begin
  select * into v from charges where id = p_charge;
  if p_type in ('charge.created', 'charge.authorized', 'charge.captured', 'charge.declined') then
    select jsonb_build_object('card', jsonb_build_object('brand', brand, 'last4', last4)) into v_card from tokens where id = v.token;
  end if;
  v_sequence := events_append(v.tenant, v.id, v.conversation, v.sequence, jsonb_build_array(jsonb_build_object(
    'id', p_event_id, 'type', p_type, 'data', jsonb_strip_nulls(jsonb_build_object(
      'state', v.state, 'token', v.token, 'amount_minor', v.amount, 'currency', v.currency, 'operation', v.operation,
      'capture_id', v.capture_id, 'reference', v.reference)) || coalesce(v_card, '{}') || jsonb_strip_nulls(coalesce(p_more, '{}')))));
  update charges set sequence = v_sequence where id = p_charge;
end $$;

create function charge_audit(p_entry text) returns void language sql set search_path = pg_catalog, public as $$
  insert into audit (entry) select p_entry where p_entry is not null
$$;

-- Internal: an attempt whose holder is gone may have reached the processor. `p` = { event_id, unknown (error data) }.
create function charge_becomes_unknown(p_charge text, p jsonb) returns void
language plpgsql set search_path = pg_catalog, public as $$
begin
  update attempts set state = 'unknown' where charge = p_charge and state = 'sending';
  if not found then return; end if;
  update charges set state = case when state = 'sending' then 'unknown' else state end, error_code = p->'unknown'->>'code',
    resolve_at = clock_timestamp() + interval '5 seconds', resolve_tries = 0, updated_at = clock_timestamp() where id = p_charge;
  perform charge_event(p_charge, p->>'event_id', 'charge.unknown', p->'unknown');
end $$;

create function charge_take(p_charge text, p jsonb) returns void language sql set search_path = pg_catalog, public as $$
  update charges set lease_holder = p->>'holder',
    lease_until = clock_timestamp() + make_interval(secs => (p->>'lease_ms')::integer / 1000.0) where id = p_charge
$$;

create function charge_free(p_charge text) returns void language sql set search_path = pg_catalog, public as $$
  update charges set lease_holder = '', lease_until = '-infinity' where id = p_charge
$$;

create function charge_in_flight(p_until timestamptz) returns jsonb language sql set search_path = pg_catalog, public as $$
  select jsonb_build_object('result', 'in_flight', 'retry_after_ms',
    greatest(250, least(5000, ceil(extract(epoch from p_until - clock_timestamp()) * 1000))))
$$;

-- Internal: goes on with a charge that this key or this reference already made.
create function charge_continue(p_charge text, p jsonb) returns jsonb
language plpgsql set search_path = pg_catalog, public as $$
declare v charges := charge_lock(p_charge);
begin
  if v.state not in ('created', 'sending', 'unknown') then
    return jsonb_build_object('result', 'replayed', 'charge', charge_view(p_charge));
  end if;
  if v.lease_until > clock_timestamp() then return charge_in_flight(v.lease_until); end if;
  perform charge_becomes_unknown(p_charge, p);
  if v.state = 'created' and v.allowance = 'released' then
    if not reserve(v.token) then perform charge_refuse('policy.purpose_not_allowed', 'token'); end if;
    update charges set allowance = 'reserved' where id = p_charge;
  end if;
  perform charge_take(p_charge, p);
  return jsonb_build_object('result', case when v.state = 'created' then 'begun' else 'unknown' end, 'charge', charge_view(p_charge));
end $$;

-- begin: binds the key to the charge for ever, reserves the allowance, writes the charge and its first event.
-- `p` = { tenant, charge, key, body, token, operation, amount, currency, account, processor?, capture_id?, reference?, holder,
-- lease_ms, event_id, event_id_2, unknown, superseded }. Answers { result: begun | unknown | replayed | in_flight | conflict, charge }.
create function charge_begin(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_id text := p->>'charge';
  v_known idempotency;
  v_terms record;
  v_other charges;
  v_conversation text;
begin
  insert into idempotency (tenant, route, key, body, thing)
    values (p->>'tenant', 'charges', p->>'key', p->>'body', v_id) on conflict do nothing;
  if not found then
    select * into v_known from idempotency where tenant = p->>'tenant' and route = 'charges' and key = p->>'key';
    if v_known.body <> p->>'body' then return jsonb_build_object('result', 'conflict'); end if;
    v_other := charge_lock(v_known.thing);
    if v_known.thing = v_id or v_other.state <> 'created' or v_other.lease_until > clock_timestamp() then
      return charge_continue(v_known.thing, p);
    end if;
    -- This key was led to another key's charge by its reference, and nothing of that one ever left: it makes one of its own.
    update idempotency set thing = v_id where tenant = p->>'tenant' and route = 'charges' and key = p->>'key';
  end if;

  perform from allowances where token = p->>'token' for update;
  select * into v_terms from token_read(p->>'tenant', p->>'token');
  if not found or v_terms.state <> 'active' then perform charge_refuse('request.not_found', 'token'); end if;
  if v_terms.account <> p->>'account' or v_terms.processor <> coalesce(p->>'processor', v_terms.processor) then
    perform charge_refuse('policy.account_not_allowed', 'processor');
  end if;
  if v_terms.uses = 0 or v_terms.expired then perform charge_refuse('policy.purpose_not_allowed', 'token'); end if;
  if v_terms.currency <> p->>'currency' or v_terms.amount_max < (p->>'amount')::bigint then
    perform charge_refuse('policy.amount_exceeds_mandate', 'amount_minor');
  end if;
  if v_terms.uses > 1 and p->>'reference' is null then perform charge_refuse('policy.reference_required', 'reference'); end if;
  select conversation into v_conversation from captures
    where id = coalesce(p->>'capture_id', v_terms.capture_id) and tenant = p->>'tenant';
  if not found then perform charge_refuse('request.not_found', 'capture_id'); end if;

  if p->>'reference' is not null then
    select * into v_other from charges where tenant = p->>'tenant' and token = p->>'token' and reference = p->>'reference'
      and operation = p->>'operation' and state not in ('declined', 'failed') for update;
    if found then
      if v_other.amount <> (p->>'amount')::bigint or v_other.currency <> p->>'currency' then
        perform charge_refuse('request.idempotency_conflict', 'reference');
      end if;
      if v_other.state <> 'created' or v_other.lease_until > clock_timestamp() then
        -- Another key, the same thing to be paid: it is the same charge.
        update idempotency set thing = v_other.id where tenant = p->>'tenant' and route = 'charges' and key = p->>'key';
        return charge_continue(v_other.id, p);
      end if;
      -- Nothing of the other ever left: it makes room.
      if v_other.allowance = 'reserved' then perform release(v_other.token); end if;
      update attempts set state = 'failed', error_code = p->'superseded'->>'code' where charge = v_other.id and state = 'created';
      update charges set state = 'failed', allowance = 'released', error_code = p->'superseded'->>'code', lease_holder = '',
        lease_until = '-infinity', updated_at = clock_timestamp() where id = v_other.id;
      perform charge_event(v_other.id, p->>'event_id_2', 'charge.failed', p->'superseded');
    end if;
  end if;

  if not reserve(p->>'token') then perform charge_refuse('policy.purpose_not_allowed', 'token'); end if;
  insert into charges (id, tenant, token, conversation, capture_id, account, operation, amount, currency, reference, state, allowance)
    values (v_id, p->>'tenant', p->>'token', v_conversation, coalesce(p->>'capture_id', v_terms.capture_id), p->>'account',
      p->>'operation', (p->>'amount')::bigint, p->>'currency', p->>'reference', 'created', 'reserved');
  insert into attempts (charge, operation, attempt, amount) values (v_id, p->>'operation', 1, (p->>'amount')::bigint);
  perform charge_take(v_id, p);
  perform charge_event(v_id, p->>'event_id', 'charge.created', null);
  return jsonb_build_object('result', 'begun', 'charge', charge_view(v_id));
end $$;

-- send: the attempt is durable as `sending` before its first byte. Refuses whoever lost the lease or came too late.
-- `p` = { charge, operation, attempt, holder, lease_ms, cvc?, audit? }
create function charge_sending(p jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v charges := charge_lock(p->>'charge');
begin
  if v.lease_holder is distinct from p->>'holder' or v.lease_until < clock_timestamp() then
    perform charge_refuse('system.conflict');
  end if;
  update attempts set state = 'sending', sent_at = coalesce(sent_at, clock_timestamp()), cvc = p->>'cvc'
    where charge = v.id and operation = p->>'operation' and attempt = (p->>'attempt')::integer
      and state in ('created', 'unknown', 'pending');
  if not found then perform charge_refuse('system.conflict'); end if;
  if p->>'operation' in ('sale', 'authorize') then
    if not charge_may_become(v.state, 'sending') then perform charge_refuse('system.conflict'); end if;
    update charges set state = 'sending', cvc = p->>'cvc', resolve_at = null, updated_at = clock_timestamp() where id = v.id;
  end if;
  perform charge_take(v.id, p);
  perform charge_audit(p->>'audit');
end $$;

-- settle: what became of a sale or an authorization, from whoever learned it. News that would lead back changes nothing.
-- `p` = { charge, attempt, state, processor_ref?, error? (event data), next_action?, captured?, event_id, audit? }
create function charge_settle(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v charges := charge_lock(p->>'charge');
  v_to text := p->>'state';
  v_allowance text := v.allowance;
begin
  perform charge_free(v.id);
  if not charge_may_become(v.state, v_to) then return charge_view(v.id); end if;
  if v.allowance = 'reserved' and v_to in ('authorized', 'captured', 'partially_captured') then
    perform settle(v.token);
    v_allowance := 'settled';
  elsif v.allowance = 'reserved' and v_to in ('declined', 'failed', 'voided') then
    perform release(v.token);
    v_allowance := 'released';
  end if;
  update attempts set error_code = p->'error'->>'code', state = case
      when v_to in ('unknown', 'pending') then v_to when v_to in ('declined', 'failed') then 'failed' else 'done' end
    where charge = v.id and operation = v.operation and attempt = (p->>'attempt')::integer;
  update charges set state = v_to, allowance = v_allowance, processor_ref = coalesce(p->>'processor_ref', processor_ref),
    error_code = p->'error'->>'code', next_action = p->>'next_action',
    authorized = case when v_to in ('authorized', 'captured') then amount else authorized end,
    captured = case when v_to = 'captured' then amount else captured end,
    resolve_at = case when v_to in ('unknown', 'pending') then clock_timestamp() + interval '5 seconds' end, resolve_tries = 0,
    updated_at = clock_timestamp() where id = v.id;
  perform charge_event(v.id, p->>'event_id', 'charge.' || v_to, case
    when v_to in ('declined', 'failed', 'unknown') then p->'error'
    when v_to = 'captured' then jsonb_build_object('amount_captured_minor', v.amount)
    when v_to = 'action_required' then jsonb_build_object('kind', p->>'next_action') end);
  perform charge_audit(p->>'audit');
  return charge_view(v.id);
end $$;

-- Nothing left, or nothing was learned: the holder goes. A charge of which nothing ever left gives its allowance back and may be
-- sent again under the same key. `p` = { charge, holder, refused (keyd refused), asked (the processor, in vain), event_id, unknown }
create function charge_leave(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v charges := charge_lock(p->>'charge');
begin
  if v.lease_holder is distinct from p->>'holder' then return charge_view(v.id); end if;
  -- Whoever wrote `sending` and did not hear that it was written does not know what left.
  perform charge_becomes_unknown(v.id, p);
  if v.state = 'created' and v.allowance = 'reserved' then
    perform release(v.token);
    update charges set allowance = 'released' where id = v.id;
  end if;
  if (p->>'refused')::boolean then
    update attempts set refusals = refusals + 1 where charge = v.id and state in ('created', 'unknown');
  end if;
  if (p->>'asked')::boolean then
    -- 5 s, 30 s, 2 min, 10 min; then a person decides (DESIGN: the promise).
    update charges set resolve_tries = resolve_tries + 1, resolve_at = case resolve_tries
      when 0 then clock_timestamp() + interval '30 seconds' when 1 then clock_timestamp() + interval '2 minutes'
      when 2 then clock_timestamp() + interval '10 minutes' end where id = v.id and resolve_at <= clock_timestamp();
  end if;
  perform charge_free(v.id);
  return charge_view(v.id);
end $$;

-- Replays: what this key made, without beginning anything. Null when it made nothing.
create function charge_known(p jsonb) returns jsonb
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare v_known idempotency;
begin
  select * into v_known from idempotency where tenant = p->>'tenant' and route = 'charges' and key = p->>'key';
  if not found then return null; end if;
  if v_known.body <> p->>'body' then return jsonb_build_object('result', 'conflict'); end if;
  return jsonb_build_object('result', 'replayed', 'charge', charge_view(v_known.thing));
end $$;

create function charge_read(p_tenant text, p_charge text) returns jsonb
language sql stable security definer set search_path = pg_catalog, public as $$
  select charge_view(id) from charges where id = p_charge and tenant = p_tenant
$$;

-- The lease of a charge that waits for news, for whoever is asked about it: at most once a second. Null when it is not to be had.
create function charge_claim(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v charges := charge_lock(p->>'charge');
begin
  if v.tenant is distinct from p->>'tenant' or v.lease_until > clock_timestamp()
    or v.asked_at > clock_timestamp() - interval '1 second' then return null; end if;
  if v.state not in ('unknown', 'pending', 'action_required')
    and not exists (select from attempts where charge = v.id and state in ('unknown', 'pending')) then return null; end if;
  perform charge_take(v.id, p);
  update charges set asked_at = clock_timestamp() where id = v.id;
  return charge_view(v.id);
end $$;

-- The background resolver's: charges whose time has come, with their leases.
create function charges_due(p_holder text, p_lease_ms integer, p_limit integer) returns setof jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_id text;
begin
  for v_id in
    update charges c set lease_holder = p_holder, asked_at = clock_timestamp(),
        lease_until = clock_timestamp() + make_interval(secs => p_lease_ms / 1000.0)
      where c.id in (select id from charges where resolve_at <= clock_timestamp() and lease_until < clock_timestamp()
        order by resolve_at limit p_limit for update skip locked)
      returning c.id
  loop
    return next charge_view(v_id);
  end loop;
end $$;

-- Charges whose holder is gone: its lease ran out, or it was an earlier start of this very instance.
create function charges_stranded(p_instance text, p_holder text, p_limit integer) returns setof text
language sql stable security definer set search_path = pg_catalog, public as $$
  select id from charges where lease_holder <> '' and lease_holder <> p_holder
    and (lease_until < clock_timestamp() or starts_with(lease_holder, p_instance || ':')) order by id limit p_limit
$$;

-- recover: what was `sending` becomes unknown, what never left gives its allowance back. `p` = { charge, instance, holder, event_id, unknown }
create function charge_recover(p jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v charges := charge_lock(p->>'charge');
begin
  if v.lease_holder in ('', p->>'holder')
    or (v.lease_until > clock_timestamp() and not starts_with(v.lease_holder, (p->>'instance') || ':')) then return; end if;
  perform charge_becomes_unknown(v.id, p);
  if v.state = 'created' and v.allowance = 'reserved' then
    perform release(v.token);
    update charges set allowance = 'released' where id = v.id;
  end if;
  perform charge_free(v.id);
end $$;

-- capture, void, refund: one at a time on a charge. `p` = { tenant, charge, operation, amount?, key, body, holder, lease_ms, event_id,
-- unknown, superseded }. Answers { result: begun | unknown | replayed | in_flight | conflict, charge, attempt, amount, error_code? }.
create function operation_begin(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v charges := charge_lock(p->>'charge');
  v_route text := 'charges/' || (p->>'charge') || '/' || (p->>'operation');
  v_known idempotency;
  v_attempt attempts;
  v_number integer;
  v_left bigint;
  v_amount bigint;
begin
  if v.tenant is distinct from p->>'tenant' then perform charge_refuse('request.not_found'); end if;
  select * into v_known from idempotency where tenant = v.tenant and route = v_route and key = p->>'key';
  if found then
    if v_known.body <> p->>'body' then return jsonb_build_object('result', 'conflict'); end if;
    v_number := v_known.thing::integer;
    select * into v_attempt from attempts where charge = v.id and operation = p->>'operation' and attempt = v_number;
    if v_attempt.state in ('done', 'failed') then
      return jsonb_build_object('result', 'replayed', 'charge', charge_view(v.id), 'attempt', v_number, 'amount', v_attempt.amount,
        'error_code', v_attempt.error_code);
    end if;
    if v.lease_until > clock_timestamp() then return charge_in_flight(v.lease_until); end if;
    perform charge_becomes_unknown(v.id, p);
    perform charge_take(v.id, p);
    return jsonb_build_object('result', case when v_attempt.state = 'created' then 'begun' else 'unknown' end,
      'charge', charge_view(v.id), 'attempt', v_number, 'amount', v_attempt.amount);
  end if;

  if v.lease_until > clock_timestamp() then return charge_in_flight(v.lease_until); end if;
  -- One of which nothing left makes room; one whose outcome is open has to be resolved first.
  update attempts set state = 'failed', error_code = p->'superseded'->>'code'
    where charge = v.id and state = 'created' and operation not in ('sale', 'authorize');
  if exists (select from attempts where charge = v.id and state in ('created', 'sending', 'unknown', 'pending')) then
    perform charge_refuse('system.conflict');
  end if;
  -- In parentheses: plpgsql ends the condition of an `if` at the first `then` outside of them.
  if not (case p->>'operation'
      when 'capture' then v.state in ('authorized', 'partially_captured')
      when 'void' then v.state in ('authorized', 'action_required')
      when 'refund' then v.state in ('captured', 'partially_captured', 'partially_refunded')
      else false end) then
    perform charge_refuse('system.conflict');
  end if;
  v_left := case p->>'operation' when 'capture' then v.authorized - v.captured when 'refund' then v.captured - v.refunded else 0 end;
  v_amount := coalesce((p->>'amount')::bigint, v_left);
  if v_amount > v_left then perform charge_refuse('request.malformed', 'amount_minor'); end if;
  select coalesce(max(attempt), 0) + 1 into v_number from attempts where charge = v.id and operation = p->>'operation';
  insert into idempotency (tenant, route, key, body, thing) values (v.tenant, v_route, p->>'key', p->>'body', v_number::text);
  insert into attempts (charge, operation, attempt, amount) values (v.id, p->>'operation', v_number, v_amount);
  perform charge_take(v.id, p);
  return jsonb_build_object('result', 'begun', 'charge', charge_view(v.id), 'attempt', v_number, 'amount', v_amount);
end $$;

-- `p` = { charge, operation, attempt, outcome: done | failed | unknown | pending, error?, event_id, audit? }
create function operation_settle(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v charges := charge_lock(p->>'charge');
  v_attempt attempts;
  v_to text;
  v_type text;
  v_more jsonb;
begin
  perform charge_free(v.id);
  select * into v_attempt from attempts
    where charge = v.id and operation = p->>'operation' and attempt = (p->>'attempt')::integer for update;
  if not found or v_attempt.state in ('done', 'failed') then return charge_view(v.id); end if;
  update attempts set state = p->>'outcome', error_code = p->'error'->>'code'
    where charge = v.id and operation = v_attempt.operation and attempt = v_attempt.attempt;
  perform charge_audit(p->>'audit');
  if p->>'outcome' in ('unknown', 'pending') then
    update charges set error_code = case when p->>'outcome' = 'unknown' then p->'error'->>'code' else error_code end,
      resolve_at = clock_timestamp() + interval '5 seconds', resolve_tries = 0, updated_at = clock_timestamp() where id = v.id;
    perform charge_event(v.id, p->>'event_id', 'charge.' || (p->>'outcome'),
      case when p->>'outcome' = 'unknown' then p->'error' end);
    return charge_view(v.id);
  end if;
  if p->>'outcome' = 'failed' then
    update charges set error_code = null, resolve_at = null, updated_at = clock_timestamp() where id = v.id;
    return charge_view(v.id);
  end if;

  if v_attempt.operation = 'capture' then
    v_type := 'charge.captured';
    v_to := case when v.captured + v_attempt.amount >= v.authorized then 'captured' else 'partially_captured' end;
    v_more := jsonb_build_object('amount_captured_minor', v.captured + v_attempt.amount);
  elsif v_attempt.operation = 'refund' then
    v_type := 'charge.refunded';
    v_to := case when v.refunded + v_attempt.amount >= v.captured then 'refunded' else 'partially_refunded' end;
    v_more := jsonb_build_object('amount_refunded_minor', v.refunded + v_attempt.amount);
  else
    v_type := 'charge.voided';
    v_to := 'voided';
    if v.allowance = 'reserved' then
      perform release(v.token);
      update charges set allowance = 'released' where id = v.id;
    end if;
  end if;
  -- A second part of a capture leaves the charge where it is.
  if v_to <> v.state and not charge_may_become(v.state, v_to) then perform charge_refuse('system.conflict'); end if;
  update charges set state = v_to, error_code = null, next_action = null, resolve_at = null, updated_at = clock_timestamp(),
    captured = captured + case when v_attempt.operation = 'capture' then v_attempt.amount else 0 end,
    refunded = refunded + case when v_attempt.operation = 'refund' then v_attempt.amount else 0 end where id = v.id;
  perform charge_event(v.id, p->>'event_id', v_type, v_more);
  return charge_view(v.id);
end $$;

revoke all on function charge_may_become(text, text), charge_refuse(text, text), charge_lock(text), charge_view(text),
  charge_event(text, text, text, jsonb), charge_audit(text), charge_becomes_unknown(text, jsonb), charge_take(text, jsonb),
  charge_free(text), charge_in_flight(timestamptz), charge_continue(text, jsonb), charge_begin(jsonb), charge_sending(jsonb),
  charge_settle(jsonb), charge_leave(jsonb), charge_known(jsonb), charge_read(text, text), charge_claim(jsonb),
  charges_due(text, integer, integer), charges_stranded(text, text, integer), charge_recover(jsonb), operation_begin(jsonb),
  operation_settle(jsonb) from public;
grant execute on function charge_begin(jsonb), charge_sending(jsonb), charge_settle(jsonb), charge_leave(jsonb),
  charge_known(jsonb), charge_read(text, text), charge_claim(jsonb), charges_due(text, integer, integer),
  charges_stranded(text, text, integer), charge_recover(jsonb), operation_begin(jsonb), operation_settle(jsonb) to sallyport_egress;
