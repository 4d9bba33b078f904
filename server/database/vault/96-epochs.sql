-- The life of a key: active (what is sealed from now on), open (opens what it has), rotated (the same, and due to be emptied),
-- retired (has no record), destroyed (its private half is gone). Never back, whoever writes and with whatever tool.
alter table kek_epochs drop constraint kek_epochs_state_check;
update kek_epochs set state = 'open' where state = 'retired';
alter table kek_epochs add constraint kek_epochs_state_check
  check (state in ('active', 'open', 'rotated', 'retired', 'destroyed'));
alter table kek_epochs add column changed_at timestamptz not null default clock_timestamp();

-- How many records need each key. It counts and shows none: whoever may destroy a key has to know.
create function epoch_records() returns table (kek_id bytea, records bigint)
language sql stable security definer set search_path = pg_catalog, public as $$
  select one.kek_id, count(*) from (
    select r.kek_id from records r where r.kek_id is not null union all select c.kek_id from credentials c
  ) one group by one.kek_id
$$;
revoke all on function epoch_records() from public;
grant execute on function epoch_records() to sallyport_admin;

create function epoch_moves() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
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
  new.changed_at := clock_timestamp();
  return new;
end $$;
create trigger epoch_moves before update on kek_epochs for each row execute function epoch_moves();
revoke all on function epoch_moves() from public;
