-- Cards that two networks serve: which one the person chose, as the agent may see it. What is charged with stands in the sealed
-- record; this column says it to nobody but the tenant.
alter table tokens add column network text check (network ~ '^[a-z_]{2,24}$');

-- As in 40-tokens.sql, and the network.
drop function token_read(text, text);
create function token_read(p_tenant text, p_token text) returns table (
  id text, mode text, capture_id text, conversation text, state text, brand text, last4 text, exp_month smallint, exp_year smallint,
  network text, created_ms bigint, uses integer, amount_max bigint, currency text, account text, not_after_ms bigint, max_opens integer,
  uses_left integer, uses_reserved integer, processor text, base_url text, expired boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.id, t.mode, t.capture_id, t.conversation, t.state, t.brand, t.last4, t.exp_month, t.exp_year, t.network, t.created_ms,
    m.uses, m.amount_max, m.currency, m.account, m.not_after_ms, m.max_opens, a.uses_left, a.uses_reserved, c.processor, c.base_url,
    m.not_after_ms < extract(epoch from clock_timestamp()) * 1000
  from tokens t join mandates m on m.token = t.id join allowances a on a.token = t.id join accounts c on c.id = m.account
  where t.id = p_token and t.tenant = p_tenant
$$;

-- As in 70-code-alone.sql, and the network.
drop function token_for_code(text, text);
create function token_for_code(p_tenant text, p_token text) returns table (
  brand text, last4 text, exp_month smallint, exp_year smallint, network text, uses integer, uses_open integer, amount_max bigint,
  currency text, account text, not_after_ms bigint, max_opens integer, expired boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.brand, t.last4, t.exp_month, t.exp_year, t.network, m.uses, a.uses_left + a.uses_reserved, m.amount_max, m.currency,
    m.account, m.not_after_ms, m.max_opens, m.not_after_ms < extract(epoch from clock_timestamp()) * 1000
  from tokens t join mandates m on m.token = t.id join allowances a on a.token = t.id
  where t.id = p_token and t.tenant = p_tenant and t.state = 'active'
$$;

revoke all on function token_read(text, text), token_for_code(text, text) from public;
grant execute on function token_read(text, text) to sallyport_egress;
grant execute on function token_for_code(text, text) to sallyport_intake;
