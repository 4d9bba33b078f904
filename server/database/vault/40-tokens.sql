-- Tokens, their mandates, and what is sealed. intake only adds; egress reads one at a time; nobody has a select on records.
create table tokens (
  id text primary key check (id ~ '^tok_(test|live)_[a-z]{26}$'),
  tenant text not null references tenants,
  mode text not null check (mode in ('sandbox', 'live')),
  capture_id text not null references captures,
  conversation text not null,
  state text not null default 'active' check (state in ('active', 'erased')),
  brand text not null,
  last4 text not null check (last4 ~ '^[0-9]{4}$'),
  exp_month smallint not null,
  exp_year smallint not null,
  created_ms bigint not null,
  -- Events of the token itself (token.erased).
  sequence integer not null default 0,
  erased_at timestamptz,
  destroy_after timestamptz,
  tombstoned boolean not null default false
);
create index tokens_to_destroy on tokens (destroy_after) where destroy_after is not null;

-- What a token may ever be used for; bound into the wrap, so that a change here opens nothing.
create table mandates (
  token text primary key references tokens,
  uses integer not null check (uses >= 0),
  amount_max bigint not null check (amount_max >= 0),
  currency text not null,
  account text not null references accounts,
  not_after_ms bigint not null,
  max_opens integer not null check (max_opens >= 0)
);

-- The sealed form. kek_id and wrapped_dek are columns of their own: a rewrap can touch nothing else.
create table records (
  token text not null references tokens,
  class text not null check (class = 'card'),
  version smallint not null,
  suite smallint not null,
  kek_id bytea,
  wrapped_dek bytea,
  body bytea not null,
  primary key (token, class)
);

-- A CVC, wrapped to a one-time key in keyd's memory. UNLOGGED: no WAL, no replica, no base backup (DESIGN §5).
create unlogged table cvc (
  token text primary key,
  capture_id text not null,
  version smallint not null,
  suite smallint not null,
  created_ms bigint not null,
  cvc_key text not null,
  instance text not null,
  wrapped_dek bytea not null,
  body bytea not null,
  expires_at timestamptz not null
);

create table fingerprints (
  n bigint generated always as identity primary key,
  tenant text not null,
  fingerprint bytea not null check (length(fingerprint) = 32),
  token text not null references tokens
);
create index fingerprints_by_value on fingerprints (tenant, fingerprint);

-- What is left of a mandate. reserve, settle and release are egress's alone.
create table allowances (
  token text primary key references tokens,
  uses_left integer not null check (uses_left >= 0),
  uses_reserved integer not null default 0 check (uses_reserved >= 0),
  uses_settled integer not null default 0 check (uses_settled >= 0)
);

create table audit (
  id bigint generated always as identity primary key,
  entry text not null,
  at timestamptz not null default clock_timestamp(),
  position bigint unique,
  head bytea
);
create index audit_unnumbered on audit (id) where position is null;

grant insert on tokens, mandates, records, cvc, fingerprints, allowances to sallyport_intake;
grant insert (entry) on audit to sallyport_intake, sallyport_egress;
grant select, update (position, head) on audit to sallyport_keeper;
grant update (kek_id, wrapped_dek), select (token, class, kek_id, wrapped_dek) on records to sallyport_keeper;
grant delete, select (token, expires_at) on cvc to sallyport_keeper;
grant delete, select (n, token) on fingerprints to sallyport_keeper;
grant update (state, destroy_after, tombstoned), select (id, tenant, state, erased_at, destroy_after, tombstoned) on tokens to sallyport_keeper;

-- How often a card was seen by a tenant, in buckets: an exact count would be an oracle.
create function seen_before(p_tenant text, p_fingerprint bytea) returns text
language sql stable security definer set search_path = pg_catalog, public as $$
  select case when count(*) = 0 then 'new' when count(*) <= 5 then 'few' else 'many' end
  from (select from fingerprints where tenant = p_tenant and fingerprint = p_fingerprint limit 6) seen
$$;

-- Erasing stops the token at once. Returns null when there is none of this tenant's.
create function erase_request(p_tenant text, p_token text, p_grace_ms bigint, p_event_id text, p_irrevocable_by timestamptz)
returns timestamptz
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_token tokens;
begin
  select * into v_token from tokens where id = p_token and tenant = p_tenant for update;
  if not found then return null; end if;
  if v_token.state <> 'erased' then
    update tokens set state = 'erased', erased_at = clock_timestamp(), sequence = sequence + 1,
      destroy_after = clock_timestamp() + make_interval(secs => p_grace_ms / 1000.0) where id = p_token;
    delete from cvc where token = p_token;
    perform events_append(p_tenant, p_token, v_token.conversation, v_token.sequence, jsonb_build_array(jsonb_build_object(
      'id', p_event_id, 'type', 'token.erased', 'data', jsonb_build_object('irrevocable_by', time_text(p_irrevocable_by)))));
  end if;
  return p_irrevocable_by;
end $$;

create function token_read(p_tenant text, p_token text) returns table (
  id text, mode text, capture_id text, conversation text, state text, brand text, last4 text, exp_month smallint, exp_year smallint,
  created_ms bigint, uses integer, amount_max bigint, currency text, account text, not_after_ms bigint, max_opens integer,
  uses_left integer, uses_reserved integer, processor text, base_url text, expired boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select t.id, t.mode, t.capture_id, t.conversation, t.state, t.brand, t.last4, t.exp_month, t.exp_year, t.created_ms,
    m.uses, m.amount_max, m.currency, m.account, m.not_after_ms, m.max_opens, a.uses_left, a.uses_reserved, c.processor, c.base_url,
    m.not_after_ms < extract(epoch from clock_timestamp()) * 1000
  from tokens t join mandates m on m.token = t.id join allowances a on a.token = t.id join accounts c on c.id = m.account
  where t.id = p_token and t.tenant = p_tenant
$$;

create function record_read(p_token text, p_class text) returns table (
  version smallint, suite smallint, kek_id bytea, wrapped_dek bytea, body bytea)
language sql stable security definer set search_path = pg_catalog, public as $$
  select r.version, r.suite, r.kek_id, r.wrapped_dek, r.body
  from records r join tokens t on t.id = r.token and t.state = 'active'
  where r.token = p_token and r.class = p_class
$$;

create function cvc_read(p_token text) returns table (
  version smallint, suite smallint, created_ms bigint, cvc_key text, instance text, wrapped_dek bytea, body bytea)
language sql stable security definer set search_path = pg_catalog, public as $$
  select version, suite, created_ms, cvc_key, instance, wrapped_dek, body from cvc
  where token = p_token and expires_at > clock_timestamp()
$$;

create function cvc_settle(p_token text) returns void
language sql security definer set search_path = pg_catalog, public as $$ delete from cvc where token = p_token $$;

-- The ledger: single statements, so that concurrent charges never exceed the mandate.
create function reserve(p_token text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update allowances a set uses_left = uses_left - 1, uses_reserved = uses_reserved + 1
    from tokens t join mandates m on m.token = t.id
    where a.token = p_token and t.id = p_token and t.state = 'active' and a.uses_left > 0
      and m.not_after_ms >= extract(epoch from clock_timestamp()) * 1000;
  return found;
end $$;
create function settle(p_token text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update allowances set uses_reserved = uses_reserved - 1, uses_settled = uses_settled + 1 where token = p_token and uses_reserved > 0;
  return found;
end $$;
create function release(p_token text) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update allowances set uses_reserved = uses_reserved - 1, uses_left = uses_left + 1 where token = p_token and uses_reserved > 0;
  return found;
end $$;

revoke all on function seen_before(text, bytea), erase_request(text, text, bigint, text, timestamptz), token_read(text, text),
  record_read(text, text), cvc_read(text), cvc_settle(text), reserve(text), settle(text), release(text) from public;
grant execute on function seen_before(text, bytea), erase_request(text, text, bigint, text, timestamptz) to sallyport_intake;
grant execute on function token_read(text, text), record_read(text, text), cvc_read(text), cvc_settle(text), reserve(text),
  settle(text), release(text) to sallyport_egress;
