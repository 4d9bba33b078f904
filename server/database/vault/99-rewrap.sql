-- Rewrapping: the data keys that a rotated key holds are wrapped to the active one. keeper walks the tokens in the order of
-- their names, through keyd; how far it is stands here, so that it goes on after whatever ends it.
create table rewraps (
  kek_id bytea primary key references kek_epochs,
  -- The last token of this walk that was looked at. Names are random, so it also tells how far the walk is.
  after text not null default '',
  moved bigint not null default 0,
  -- Of this walk: what it has moved; records that keyd could not unwrap. They stay as they are.
  walk_moved bigint not null default 0,
  refused bigint not null default 0,
  per_second real,
  walk_began_at timestamptz,
  next_walk_at timestamptz not null default clock_timestamp(),
  finished_at timestamptz
);
insert into leases values ('rewrap', '', '-infinity');

-- What keeper may see of credentials and records is what it needs to write a wrapped key in the place of the one that it had read.
grant select (kek_id) on records to sallyport_keeper;
grant select (account, kek_id, wrapped_dek), update (kek_id, wrapped_dek) on credentials to sallyport_keeper;
grant select on rewraps to sallyport_keeper, sallyport_admin;

-- The keys that are to be emptied now, each with the one that takes what it has. Begins a walk where one is due.
create function rewrap_due() returns table (kek_id bytea, to_kek_id bytea, purpose text, after text)
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into rewraps (kek_id) select e.kek_id from kek_epochs e where e.state = 'rotated' on conflict do nothing;
  update rewraps w set walk_began_at = clock_timestamp(), walk_moved = 0, refused = 0
    where w.finished_at is null and w.walk_began_at is null and w.next_walk_at <= clock_timestamp();
  return query select e.kek_id, a.kek_id, e.purpose, w.after
    from rewraps w join kek_epochs e on e.kek_id = w.kek_id and e.state = 'rotated'
      join kek_epochs a on a.purpose = e.purpose and a.state = 'active'
    where w.finished_at is null and w.walk_began_at is not null order by e.created_at;
end $$;

-- The next records of a rotated key, with what their context is made of; of no other key, and no ciphertext. Erased tokens
-- are left where they are: their wrapped keys go by themselves. Looks at five times as many tokens at most, so that no
-- statement walks a whole vault; the last row, without a wrapped key, then says how far it looked. No row is the end.
create function rewrap_read(p_kek_id bytea, p_after text, p_limit integer) returns table (
  token text, wrapped_dek bytea, version smallint, suite smallint, mode text, tenant text, created_ms bigint,
  uses integer, amount_max bigint, currency text, account text, not_after_ms bigint, max_opens integer)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
  v_to text;
  v_rows integer;
begin
  if not exists (select from kek_epochs e where e.kek_id = p_kek_id and e.state = 'rotated') then return; end if;
  select r.token into v_to from records r where r.token > p_after order by r.token offset p_limit * 5 limit 1;
  return query select r.token, r.wrapped_dek, r.version, r.suite, t.mode, t.tenant, t.created_ms,
      m.uses, m.amount_max, m.currency, m.account, m.not_after_ms, m.max_opens
    from records r join tokens t on t.id = r.token and t.state = 'active' join mandates m on m.token = r.token
    where r.token > p_after and (v_to is null or r.token <= v_to) and r.kek_id = p_kek_id and r.class = 'card'
    order by r.token limit p_limit;
  get diagnostics v_rows = row_count;
  if v_rows < p_limit and v_to is not null then
    token := v_to;
    wrapped_dek := null;
    return next;
  end if;
end $$;

-- Credentials are few: all that a rotated key has, at once.
create function rewrap_credentials(p_kek_id bytea, p_limit integer) returns table (
  account text, wrapped_dek bytea, version smallint, suite smallint, tenant text, created_ms bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
  select c.account, c.wrapped_dek, c.version, c.suite, a.tenant, c.created_ms
  from credentials c join accounts a on a.id = c.account
  where c.kek_id = p_kek_id and exists (select from kek_epochs e where e.kek_id = p_kek_id and e.state = 'rotated')
  order by c.account limit p_limit
$$;

-- A batch was written, in the same statement as its records.
create function rewrap_moved(p_kek_id bytea, p_after text, p_moved bigint, p_refused bigint, p_per_second real) returns void
language sql security definer set search_path = pg_catalog, public as $$
  update rewraps set after = p_after, moved = moved + p_moved, walk_moved = walk_moved + p_moved, refused = refused + p_refused,
    per_second = coalesce(per_second * 0.8 + p_per_second * 0.2, p_per_second)
  where kek_id = p_kek_id
$$;

-- A walk has come to the end. It was the last one if it began when no card could be on its way to the old key any more (as
-- epoch_moves() counts it); else another follows then.
create function rewrap_walked(p_kek_id bytea) returns void
language sql security definer set search_path = pg_catalog, public as $$
  update rewraps w set
    finished_at = case when w.walk_began_at >= e.changed_at + interval '10 minutes' then clock_timestamp() end,
    next_walk_at = e.changed_at + interval '10 minutes', walk_began_at = null, after = ''
  from kek_epochs e where e.kek_id = p_kek_id and w.kek_id = p_kek_id and w.walk_began_at is not null
$$;

-- As in 96-epochs.sql, and an opening that had read a record before it was moved is let come to its end before the key goes:
-- a grant lives a minute.
create or replace function epoch_moves() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_records bigint;
begin
  if (new.kek_id, new.suite, new.purpose, new.public_key) is distinct from (old.kek_id, old.suite, old.purpose, old.public_key) then
    raise exception 'a key that was published does not become another' using errcode = 'SPEPO';
  end if;
  if new.state = old.state then return new; end if;
  if (old.state, new.state) not in (('active', 'open'), ('active', 'rotated'), ('open', 'rotated'), ('open', 'retired'),
      ('rotated', 'retired'), ('retired', 'destroyed')) then
    raise exception 'a key that is % does not become %', old.state, new.state using errcode = 'SPEPO';
  end if;
  if new.state in ('retired', 'destroyed') then
    select coalesce(sum(records), 0) into v_records from epoch_records() e where e.kek_id = new.kek_id;
    if v_records > 0 then
      raise exception '% records still need this key; they open with it alone', v_records using errcode = 'SPEPO';
    end if;
  end if;
  -- A card that was sealed a moment before may still be on its way: no statement of intake lives for ten minutes.
  if new.state = 'retired' and old.changed_at > clock_timestamp() - interval '10 minutes' then
    raise exception 'this key took cards less than ten minutes ago, and one may still be on its way; wait, and try again' using errcode = 'SPEPO';
  end if;
  if new.state = 'destroyed' and old.changed_at > clock_timestamp() - interval '1 minute' then
    raise exception 'an opening that began before may still need this key; wait a minute, and try again' using errcode = 'SPEPO';
  end if;
  new.changed_at := clock_timestamp();
  return new;
end $$;

revoke all on function rewrap_due(), rewrap_read(bytea, text, integer), rewrap_credentials(bytea, integer),
  rewrap_moved(bytea, text, bigint, bigint, real), rewrap_walked(bytea) from public;
grant execute on function rewrap_due(), rewrap_read(bytea, text, integer), rewrap_credentials(bytea, integer),
  rewrap_moved(bytea, text, bigint, bigint, real), rewrap_walked(bytea) to sallyport_keeper;
