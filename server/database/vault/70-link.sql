-- The link channel: a capture's form on a page of its own. Of a link's secret only a hash is here; the newest link of a
-- capture is the only one that opens, once, for the session that has claimed it.
alter table tenants add column link_many_uses boolean not null default false;
alter table captures add column link_version integer not null default 0;
-- A link holds the form: a client secret that was made before does not take it back.
alter table captures add column moved boolean not null default false;

create table links (
  capture text not null references captures,
  version integer not null check (version >= 1),
  secret_hash bytea not null unique check (length(secret_hash) = 32),
  choices text[] not null check (cardinality(choices) = 4),
  answer smallint not null check (answer between 0 and 3),
  expires_at timestamptz not null,
  claim_hash bytea unique check (length(claim_hash) = 32),
  claimed_at timestamptz,
  -- From 0; -1: none of these.
  picked smallint check (picked between -1 and 3),
  primary key (capture, version)
);

-- What the key made, or no row; `same` is false where it was used with another body.
create function link_known(p_tenant text, p_idempotency jsonb) returns table (version integer, expires_at timestamptz, same boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select l.version, l.expires_at, i.body = p_idempotency->>'body'
  from idempotency i join links l on i.thing = l.capture || ':' || l.version
  where i.tenant = p_tenant and i.route = 'links' and i.key = p_idempotency->>'key'
$$;

create function link_newest(p_capture text) returns table (version integer, expires_at timestamptz, moved boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select c.link_version, l.expires_at, c.moved
  from captures c left join links l on l.capture = c.id and l.version = c.link_version where c.id = p_capture
$$;

-- A further link and its event, in one transaction; the one before is dead from here on. Raises SP409 when the capture has
-- changed, or another link was made, since the caller looked.
create function link_make(p_capture text, p_expected integer, p_body jsonb, p_events jsonb, p_after integer, p_secret_hash bytea,
  p_choices text[], p_answer smallint, p_ttl_ms integer, p_idempotency jsonb) returns timestamptz
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_capture captures;
  v_ends timestamptz;
begin
  perform capture_apply(p_capture, p_expected, p_body, p_events);
  select * into v_capture from captures where id = p_capture;
  if v_capture.link_version <> p_after then
    raise exception 'another link was made' using errcode = 'SP409';
  end if;
  if p_idempotency is not null then
    insert into idempotency (tenant, route, key, body, thing) values (v_capture.tenant, 'links', p_idempotency->>'key',
      p_idempotency->>'body', p_capture || ':' || (p_after + 1)) on conflict do nothing;
    if not found then raise exception 'this key has made a link' using errcode = 'SP409'; end if;
  end if;
  v_ends := least(clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0), v_capture.expires_at);
  insert into links (capture, version, secret_hash, choices, answer, expires_at)
    values (p_capture, p_after + 1, p_secret_hash, p_choices, p_answer, v_ends);
  update captures set link_version = p_after + 1 where id = p_capture;
  return v_ends;
end $$;

-- The tap. One statement whatever the link is: a row for the first who claims it, and for the same claim again.
create function link_open(p_secret_hash bytea, p_claim_hash bytea) returns table (capture text, choices text[])
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  return query update links l set claim_hash = p_claim_hash, claimed_at = coalesce(l.claimed_at, clock_timestamp())
    from captures c
    where l.secret_hash = p_secret_hash and (l.claim_hash is null or l.claim_hash = p_claim_hash) and l.picked is null
      and l.expires_at > clock_timestamp() and c.id = l.capture and c.link_version = l.version
      and c.state not in ('completed', 'failed', 'canceled', 'expired') and c.expires_at > clock_timestamp()
    returning l.capture, l.choices;
exception when unique_violation then
  -- A claim is for one link: whoever brings one again knows that, and hears what everybody hears.
  return;
end $$;

create function link_claimed(p_claim_hash bytea, p_pick_ms integer)
returns table (capture text, answer smallint, picked smallint, live boolean)
language sql stable security definer set search_path = pg_catalog, public as $$
  select l.capture, l.answer, l.picked, c.link_version = l.version and c.expires_at > clock_timestamp()
    and c.state not in ('completed', 'failed', 'canceled', 'expired')
    and l.claimed_at > clock_timestamp() - make_interval(secs => p_pick_ms / 1000.0)
  from links l join captures c on c.id = l.capture where l.claim_hash = p_claim_hash
$$;

-- The one try. No row when it was spent meanwhile, or the link is no longer the newest. What it means for the capture is
-- applied in the same statement.
create function link_pick(p_claim_hash bytea, p_choice smallint) returns setof boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_link links;
begin
  update links l set picked = p_choice from captures c
    where l.claim_hash = p_claim_hash and l.picked is null and c.id = l.capture and c.link_version = l.version
    returning l.* into v_link;
  if not found then return; end if;
  if v_link.answer = p_choice then update captures set moved = true where id = v_link.capture; end if;
  return next true;
end $$;

-- As before, and the fresh secret may take the form back from a link.
create or replace function capture_secret(p_id text, p_version integer, p_hash bytea, p_ttl_ms integer) returns boolean
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  update captures set client_secret_hash = p_hash, secret_version = p_version + 1, moved = false,
      secret_expires_at = clock_timestamp() + make_interval(secs => p_ttl_ms / 1000.0)
    where id = p_id and secret_version = p_version and state not in ('completed', 'failed', 'canceled', 'expired');
  return found;
end $$;

revoke all on function link_known(text, jsonb), link_newest(text), link_open(bytea, bytea), link_claimed(bytea, integer),
  link_pick(bytea, smallint),
  link_make(text, integer, jsonb, jsonb, integer, bytea, text[], smallint, integer, jsonb) from public;
grant execute on function link_known(text, jsonb), link_newest(text), link_open(bytea, bytea), link_claimed(bytea, integer),
  link_pick(bytea, smallint),
  link_make(text, integer, jsonb, jsonb, integer, bytea, text[], smallint, integer, jsonb) to sallyport_intake;
