-- Captures, and the keys that make a repeated request the same request. Everything goes through functions.
create table captures (
  id text primary key check (id ~ '^cap_[a-z]{26}$'),
  tenant text not null references tenants,
  conversation text not null,
  state text not null,
  epoch integer not null default 0,
  sequence integer not null,
  body jsonb not null,
  metadata jsonb,
  ticket text not null,
  top_origin text,
  client_secret_hash bytea not null,
  secret_version integer not null default 1,
  secret_expires_at timestamptz not null,
  session_hash bytea,
  session_origin text,
  submission bytea,
  expires_at timestamptz not null,
  created_at timestamptz not null default clock_timestamp()
);
create index captures_conversation on captures (tenant, conversation, created_at);
create index captures_open on captures (expires_at) where state not in ('completed', 'failed', 'canceled', 'expired');

create table idempotency (
  tenant text not null,
  route text not null,
  key text not null,
  body text not null,
  thing text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant, route, key)
);

-- Which state may follow which (DESIGN §4), a second time: protocol/capture.ts decides, the vault refuses what it never decides.
create function capture_may_become(p_from text, p_to text) returns boolean language sql immutable as $$
  select p_from not in ('completed', 'failed', 'canceled', 'expired') and (
    p_from = p_to or p_to in ('failed', 'canceled', 'expired') or (p_from, p_to) in (
      ('created', 'offered'), ('created', 'suspended'), ('suspended', 'created'), ('offered', 'collecting'), ('offered', 'suspended'),
      ('offered', 'processing'), ('collecting', 'suspended'), ('suspended', 'collecting'), ('collecting', 'processing'),
      ('processing', 'completed'), ('suspended', 'offered'), ('collecting', 'completed'), ('offered', 'completed'), ('suspended', 'completed')))
$$;

-- Returns 'created', 'replayed:<id>' (same key, same body) or 'conflict' (same key, another body).
create function capture_create(p_body jsonb, p_metadata jsonb, p_ticket text, p_top_origin text, p_secret_hash bytea,
  p_secret_ttl_ms integer, p_idempotency jsonb, p_event jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_id text := p_body->>'id';
  v_tenant text := p_body->>'tenant';
  v_known idempotency;
begin
  if p_idempotency is not null then
    insert into idempotency (tenant, route, key, body, thing)
      values (v_tenant, 'captures', p_idempotency->>'key', p_idempotency->>'body', v_id) on conflict do nothing;
    if not found then
      select * into v_known from idempotency where tenant = v_tenant and route = 'captures' and key = p_idempotency->>'key';
      if v_known.body <> p_idempotency->>'body' then return 'conflict'; end if;
      return 'replayed:' || v_known.thing;
    end if;
  end if;
  insert into captures (id, tenant, conversation, state, sequence, body, metadata, ticket, top_origin, client_secret_hash,
      secret_expires_at, expires_at)
    values (v_id, v_tenant, p_body->>'conversation', 'created', 1, p_body, p_metadata, p_ticket, p_top_origin, p_secret_hash,
      clock_timestamp() + make_interval(secs => p_secret_ttl_ms / 1000.0), (p_body->>'expires_at')::timestamptz);
  perform events_append(v_tenant, v_id, p_body->>'conversation', 0, jsonb_build_array(p_event));
  return 'created';
end $$;

-- The one way a capture changes: the caller has read sequence `p_expected`, decided, and brings the folded capture and its
-- events. `p_secrets` may hold session_hash, session_origin or submission. Raises SP409 when somebody was quicker: read and decide again.
create function capture_apply(p_id text, p_expected integer, p_body jsonb, p_events jsonb, p_secrets jsonb default '{}') returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_capture captures;
  v_sequence integer;
begin
  select * into v_capture from captures where id = p_id for update;
  if not found or v_capture.sequence <> p_expected then
    raise exception 'the capture has changed' using errcode = 'SP409';
  end if;
  if not capture_may_become(v_capture.state, p_body->>'state') or (p_body->>'epoch')::integer < v_capture.epoch then
    raise exception 'the capture may not change so' using errcode = 'SP422';
  end if;
  v_sequence := events_append(v_capture.tenant, p_id, v_capture.conversation, p_expected, p_events);
  if v_sequence <> (p_body->>'sequence')::integer then
    raise exception 'the capture does not match its events' using errcode = 'SP422';
  end if;
  update captures set state = p_body->>'state', epoch = (p_body->>'epoch')::integer, sequence = v_sequence,
    body = p_body || jsonb_build_object('id', id, 'tenant', tenant, 'conversation', conversation),
    session_hash = coalesce(decode(p_secrets->>'session_hash', 'hex'), session_hash),
    session_origin = coalesce(p_secrets->>'session_origin', session_origin),
    submission = coalesce(decode(p_secrets->>'submission', 'hex'), submission)
    where id = p_id;
  return v_sequence;
end $$;

create function capture_read(p_id text) returns table (
  body jsonb, metadata jsonb, ticket text, top_origin text, client_secret_hash bytea, secret_version integer, secret_live boolean,
  session_hash bytea, session_origin text, submission bytea, expired boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select body, metadata, ticket, top_origin, client_secret_hash, secret_version, secret_expires_at > clock_timestamp(),
    session_hash, session_origin, submission, expires_at <= clock_timestamp()
  from captures where id = p_id
$$;

create function captures_of(p_tenant text, p_conversation text, p_limit integer) returns table (body jsonb, metadata jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
  select body, metadata from captures where tenant = p_tenant and conversation = p_conversation order by created_at desc limit p_limit
$$;

-- A fresh client secret replaces the old one. False when another request made one meanwhile.
create function capture_secret(p_id text, p_version integer, p_hash bytea, p_ttl_ms integer) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update captures set client_secret_hash = p_hash, secret_version = p_version + 1,
      secret_expires_at = clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0)
    where id = p_id and secret_version = p_version and state not in ('completed', 'failed', 'canceled', 'expired');
  return found;
end $$;

-- keeper: which captures are past their time. It decides and applies like everyone else.
create function captures_due(p_limit integer) returns table (body jsonb)
language sql stable security definer set search_path = pg_catalog, public as $$
  select body from captures
  where state not in ('completed', 'failed', 'canceled', 'expired') and expires_at <= clock_timestamp() order by expires_at limit p_limit
$$;

-- The hour's HPKE keys, sealed under intake's boot secret: several intakes share them, no backup has them.
create unlogged table hour_keys (
  key_id text primary key,
  public_key bytea not null,
  sealed bytea not null,
  expires_at timestamptz not null,
  destroy_at timestamptz not null
);
grant select, insert on hour_keys to sallyport_intake;
grant select (key_id, destroy_at), delete on hour_keys to sallyport_keeper;

revoke all on function capture_may_become(text, text), capture_create(jsonb, jsonb, text, text, bytea, integer, jsonb, jsonb),
  capture_apply(text, integer, jsonb, jsonb, jsonb), capture_read(text), captures_of(text, text, integer),
  capture_secret(text, integer, bytea, integer), captures_due(integer) from public;
grant execute on function capture_create(jsonb, jsonb, text, text, bytea, integer, jsonb, jsonb),
  capture_apply(text, integer, jsonb, jsonb, jsonb), capture_read(text), captures_of(text, text, integer),
  capture_secret(text, integer, bytea, integer) to sallyport_intake;
grant execute on function captures_due(integer) to sallyport_keeper;

-- keeper may only end what is past its time, whatever it brings.
create function capture_expire(p_id text, p_expected integer, p_body jsonb, p_events jsonb) returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  if p_body->>'state' <> 'expired' or not exists (select from captures where id = p_id and expires_at <= clock_timestamp()) then
    raise exception 'only what is past its time expires' using errcode = 'SP422';
  end if;
  return capture_apply(p_id, p_expected, p_body, p_events);
end $$;
revoke all on function capture_expire(text, integer, jsonb, jsonb) from public;
grant execute on function capture_expire(text, integer, jsonb, jsonb) to sallyport_keeper;
