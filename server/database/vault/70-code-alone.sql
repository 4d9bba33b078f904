-- The security code of a stored card, asked for alone (DESIGN §5): intake may ask what token it is for, and put a code beside it.

-- When a code last came with or for this token, and until when it may be used: what a charge says of a code that is gone.
alter table tokens add column cvc_taken_at timestamptz, add column cvc_until timestamptz;

-- What a code is bound to: the token's mandate, spelled as its card's record has it. Null where no charge could use one: erased,
-- another tenant's, or unknown.
create function token_for_code(p_tenant text, p_token text) returns table (
  brand text, last4 text, exp_month smallint, exp_year smallint, uses integer, uses_open integer, amount_max bigint, currency text,
  account text, not_after_ms bigint, max_opens integer, expired boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.brand, t.last4, t.exp_month, t.exp_year, m.uses, a.uses_left + a.uses_reserved, m.amount_max, m.currency, m.account,
    m.not_after_ms, m.max_opens, m.not_after_ms < extract(epoch from clock_timestamp()) * 1000
  from tokens t join mandates m on m.token = t.id join allowances a on a.token = t.id
  where t.id = p_token and t.tenant = p_tenant and t.state = 'active'
$$;

-- A newer code takes the place of an older one, whose key ends by itself. `p` = { tenant, token, capture_id, version, suite, created_ms,
-- cvc_key, instance, wrapped_dek, body (hex), ttl_ms }. Raises SP409 when the token is not to be charged any more.
create function code_put(p jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_until timestamptz := clock_timestamp() + make_interval(secs => (p->>'ttl_ms')::integer / 1000.0);
begin
  update tokens set cvc_taken_at = clock_timestamp(), cvc_until = v_until
    where id = p->>'token' and tenant = p->>'tenant' and state = 'active';
  if not found then raise exception 'the token has changed' using errcode = 'SP409'; end if;
  insert into cvc (token, capture_id, version, suite, created_ms, cvc_key, instance, wrapped_dek, body, expires_at)
    values (p->>'token', p->>'capture_id', (p->>'version')::smallint, (p->>'suite')::smallint, (p->>'created_ms')::bigint,
      p->>'cvc_key', p->>'instance', decode(p->>'wrapped_dek', 'hex'), decode(p->>'body', 'hex'), v_until)
    on conflict (token) do update set capture_id = excluded.capture_id, version = excluded.version, suite = excluded.suite,
      created_ms = excluded.created_ms, cvc_key = excluded.cvc_key, instance = excluded.instance,
      wrapped_dek = excluded.wrapped_dek, body = excluded.body, expires_at = excluded.expires_at;
end $$;

-- What became of the code of a token that has none now: spent by a charge sent since it came, past its five minutes, or lost with
-- the database's unlogged tables. Null where none ever came.
create function code_gone(p_token text, p_charge text) returns text
language sql stable set search_path = pg_catalog, public as $$
  select case
    when t.cvc_taken_at is null then null
    when exists (select from charges c join attempts x on x.charge = c.id and x.operation = c.operation
      where c.token = t.id and c.id <> p_charge and x.sent_at >= t.cvc_taken_at) then 'spent'
    when t.cvc_until <= clock_timestamp() then 'expired'
    else 'lost' end
  from tokens t where t.id = p_token
$$;

create or replace function charge_view(p_charge text) returns jsonb language sql stable set search_path = pg_catalog, public as $$
  select jsonb_build_object(
    'id', c.id, 'tenant', c.tenant, 'token', c.token, 'capture_id', c.capture_id, 'account', c.account, 'processor', a.processor,
    'base_url', a.base_url, 'operation', c.operation, 'amount', c.amount, 'currency', c.currency, 'reference', c.reference,
    'state', c.state, 'authorized', c.authorized, 'captured', c.captured, 'refunded', c.refunded,
    'processor_ref', c.processor_ref, 'next_action', c.next_action, 'error_code', c.error_code, 'cvc', c.cvc,
    'brand', t.brand, 'last4', t.last4, 'created_ms', floor(extract(epoch from c.created_at) * 1000),
    'created_at', time_text(c.created_at), 'updated_at', time_text(c.updated_at),
    'cvc_gone', code_gone(c.token, c.id),
    'attempt', (
      select jsonb_build_object('operation', x.operation, 'attempt', x.attempt, 'amount', x.amount, 'state', x.state, 'cvc', x.cvc,
        'refusals', x.refusals, 'error_code', x.error_code,
        'sent_ms_ago', floor(extract(epoch from clock_timestamp() - x.sent_at) * 1000))
      from attempts x where x.charge = c.id
      order by x.state in ('created', 'sending', 'unknown', 'pending') desc, x.created_at desc limit 1))
  from charges c join accounts a on a.id = c.account join tokens t on t.id = c.token
  where c.id = p_charge
$$;

revoke all on function token_for_code(text, text), code_put(jsonb), code_gone(text, text) from public;
grant execute on function token_for_code(text, text), code_put(jsonb) to sallyport_intake;
