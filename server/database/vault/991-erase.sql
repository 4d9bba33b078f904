-- The end of a token: at somebody's request, within a budget; when its tenant's retention is over; or a day after its mandate
-- ended, when nothing could be charged with it any more. Reading stops by itself at those moments, keeper does the rest.

alter table tenants
  -- Requests to erase a token in 24 hours: whoever takes the gateway over must not erase a vault.
  add column erasures_per_day integer not null default 100 check (erasures_per_day between 0 and 10000000),
  -- Null: as long as the mandate.
  add column retention_days integer check (retention_days between 1 and 3650);

alter table tokens
  add column ended_by text check (ended_by in ('request', 'retention', 'mandate')),
  -- What whoever asked was promised, the first time they asked.
  add column irrevocable_by timestamptz;
create index tokens_ended_of_tenant on tokens (tenant, erased_at) where erased_at is not null;
create index tokens_ended on tokens (erased_at) where erased_at is not null;
create index tokens_to_bury on tokens (id) where state = 'erased' and not tombstoned;

create function past_retention(p_tenant text, p_created_ms bigint) returns boolean
language sql stable set search_path = pg_catalog, public as $$
  select exists (select from tenants n where n.id = p_tenant and n.retention_days is not null
    and p_created_ms < extract(epoch from clock_timestamp()) * 1000 - n.retention_days * 86400000::bigint)
$$;

-- Internal: a token ends. Its row is locked by the caller.
create function token_end(p_token text, p_by text, p_grace_ms bigint, p_life_ms bigint, p_event_id text) returns timestamptz
language plpgsql set search_path = pg_catalog, public as $$
declare v_token tokens;
begin
  update tokens set state = 'erased', ended_by = p_by, erased_at = clock_timestamp(), sequence = sequence + 1,
      destroy_after = clock_timestamp() + make_interval(secs => p_grace_ms / 1000.0),
      irrevocable_by = clock_timestamp() + make_interval(secs => p_life_ms / 1000.0)
    where id = p_token returning * into v_token;
  delete from cvc where token = p_token;
  perform events_append(v_token.tenant, p_token, v_token.conversation, v_token.sequence - 1, jsonb_build_array(jsonb_build_object(
    'id', p_event_id, 'type', 'token.erased', 'data', jsonb_build_object('irrevocable_by', time_text(v_token.irrevocable_by)))));
  return v_token.irrevocable_by;
end $$;

drop function erase_request(text, text, bigint, text, timestamptz);

-- Erasing stops the token at once. `outcome`: 'erased' (also when it was before, and then nothing is written), 'not_found', or
-- 'too_many' with how long until one more may be. The tenant's row is locked, so that requests at once do not pass the budget.
create function erase_request(p_tenant text, p_token text, p_grace_ms bigint, p_life_ms bigint, p_event_id text, p_entry text)
returns table (outcome text, irrevocable_by timestamptz, used integer, allowed integer, wait_ms bigint)
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_token tokens;
  v_oldest timestamptz;
begin
  select n.erasures_per_day into allowed from tenants n where n.id = p_tenant for no key update;
  select * into v_token from tokens t where t.id = p_token and t.tenant = p_tenant for update;
  if v_token.id is null then
    outcome := 'not_found';
    return next;
    return;
  end if;
  outcome := 'erased';
  if v_token.state = 'erased' then
    irrevocable_by := coalesce(v_token.irrevocable_by, v_token.erased_at + make_interval(secs => p_life_ms / 1000.0));
    return next;
    return;
  end if;
  select count(*), min(recent.erased_at) into used, v_oldest from (
    select t.erased_at from tokens t where t.tenant = p_tenant and t.erased_at > clock_timestamp() - interval '24 hours'
      and t.ended_by = 'request' order by t.erased_at desc limit allowed) recent;
  if used >= allowed then
    outcome := 'too_many';
    wait_ms := greatest(1000, ceil(extract(epoch from coalesce(v_oldest, clock_timestamp()) + interval '24 hours' - clock_timestamp()) * 1000));
    return next;
    return;
  end if;
  used := used + 1;
  irrevocable_by := token_end(p_token, 'request', p_grace_ms, p_life_ms, p_event_id);
  insert into audit (entry) values (p_entry);
  return next;
end $$;

-- Why a token is to end by itself; null while it is not.
create function token_over(p_tenant text, p_created_ms bigint, p_not_after_ms bigint) returns text
language sql stable set search_path = pg_catalog, public as $$
  select case
    when past_retention(p_tenant, p_created_ms) then 'retention'
    when p_not_after_ms < (extract(epoch from clock_timestamp()) - 86400) * 1000 then 'mandate' end
$$;

-- keeper walks all tokens in the order of their names, so many at a time: what is over, and in a last row, without a reason, the
-- last one that was looked at. No row is the end.
create function tokens_over(p_after text, p_limit integer) returns table (token text, reason text)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare v_to text;
begin
  select max(t.id) into v_to from (select id from tokens where id > p_after order by id limit p_limit) t;
  if v_to is null then return; end if;
  return query select t.id, token_over(t.tenant, t.created_ms, m.not_after_ms) as reason
    from tokens t join mandates m on m.token = t.id
    where t.id > p_after and t.id <= v_to and t.state = 'active' and token_over(t.tenant, t.created_ms, m.not_after_ms) is not null
    order by t.id;
  token := v_to;
  reason := null;
  return next;
end $$;

-- Ends one that is over, and no other, whatever keeper brings: without a grace, for nobody asked. False when it is not.
create function token_expire(p_token text, p_life_ms bigint, p_event_id text, p_entry text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_reason text;
begin
  select token_over(t.tenant, t.created_ms, m.not_after_ms) into v_reason
    from tokens t join mandates m on m.token = t.id where t.id = p_token and t.state = 'active' for update of t;
  if v_reason is null then return false; end if;
  perform token_end(p_token, v_reason, 0, p_life_ms, p_event_id);
  insert into audit (entry) values (p_entry);
  return true;
end $$;

-- Until when each key has to be destroyed, so that what was promised to whoever had a card erased is kept: a backup of before
-- opens with the keys that there were then.
create function epoch_promises() returns table (kek_id bytea, end_by timestamptz)
language sql stable security definer set search_path = pg_catalog, public as $$
  select e.kek_id, first.irrevocable_by from kek_epochs e cross join lateral (
    select t.irrevocable_by from tokens t where t.erased_at >= e.created_at and t.irrevocable_by is not null order by t.erased_at limit 1) first
  where e.purpose = 'card' and e.state <> 'destroyed'
$$;

-- As in 80-network.sql, and past its retention a token reads like an erased one.
create or replace function token_read(p_tenant text, p_token text) returns table (
  id text, mode text, capture_id text, conversation text, state text, brand text, last4 text, exp_month smallint, exp_year smallint,
  network text, created_ms bigint, uses integer, amount_max bigint, currency text, account text, not_after_ms bigint, max_opens integer,
  uses_left integer, uses_reserved integer, processor text, base_url text, expired boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.id, t.mode, t.capture_id, t.conversation, case when past_retention(t.tenant, t.created_ms) then 'erased' else t.state end,
    t.brand, t.last4, t.exp_month, t.exp_year, t.network, t.created_ms,
    m.uses, m.amount_max, m.currency, m.account, m.not_after_ms, m.max_opens, a.uses_left, a.uses_reserved, c.processor, c.base_url,
    m.not_after_ms < extract(epoch from clock_timestamp()) * 1000
  from tokens t join mandates m on m.token = t.id join allowances a on a.token = t.id join accounts c on c.id = m.account
  where t.id = p_token and t.tenant = p_tenant
$$;

-- As in 80-network.sql, and within its tenant's retention.
create or replace function token_for_code(p_tenant text, p_token text) returns table (
  brand text, last4 text, exp_month smallint, exp_year smallint, network text, uses integer, uses_open integer, amount_max bigint,
  currency text, account text, not_after_ms bigint, max_opens integer, expired boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.brand, t.last4, t.exp_month, t.exp_year, t.network, m.uses, a.uses_left + a.uses_reserved, m.amount_max, m.currency,
    m.account, m.not_after_ms, m.max_opens, m.not_after_ms < extract(epoch from clock_timestamp()) * 1000
  from tokens t join mandates m on m.token = t.id join allowances a on a.token = t.id
  where t.id = p_token and t.tenant = p_tenant and t.state = 'active' and not past_retention(t.tenant, t.created_ms)
$$;

-- As in 40-tokens.sql, and within its tenant's retention.
create or replace function record_read(p_token text, p_class text) returns table (
  version smallint, suite smallint, kek_id bytea, wrapped_dek bytea, body bytea)
language sql stable security definer set search_path = pg_catalog, public as $$
  select r.version, r.suite, r.kek_id, r.wrapped_dek, r.body
  from records r join tokens t on t.id = r.token and t.state = 'active' and not past_retention(t.tenant, t.created_ms)
  where r.token = p_token and r.class = p_class
$$;
create or replace function reserve(p_token text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update allowances a set uses_left = uses_left - 1, uses_reserved = uses_reserved + 1
    from tokens t join mandates m on m.token = t.id
    where a.token = p_token and t.id = p_token and t.state = 'active' and a.uses_left > 0
      and m.not_after_ms >= extract(epoch from clock_timestamp()) * 1000 and not past_retention(t.tenant, t.created_ms);
  return found;
end $$;

revoke all on function past_retention(text, bigint), token_end(text, text, bigint, bigint, text),
  erase_request(text, text, bigint, bigint, text, text), token_over(text, bigint, bigint), tokens_over(text, integer),
  token_expire(text, bigint, text, text), epoch_promises() from public;
grant execute on function erase_request(text, text, bigint, bigint, text, text) to sallyport_intake;
grant execute on function tokens_over(text, integer), token_expire(text, bigint, text, text) to sallyport_keeper;
grant execute on function epoch_promises() to sallyport_keeper, sallyport_admin;
