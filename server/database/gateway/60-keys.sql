-- Keys that can be told apart without being known, and that end by themselves: rotation has an overlap.
alter table api_keys
  -- Names the key in commands and in the audit log; it has nothing to do with the key's own letters.
  add column id text not null unique
    default 'key_' || translate(substr(md5(gen_random_uuid()::text), 1, 26), '0123456789', 'ghijklmnop')
    check (id ~ '^key_[a-z]{26}$'),
  -- The key's last four letters, so that its holder finds it in a list. Null: made before this was kept.
  add column ending text check (ending ~ '^[A-Za-z0-9]{4}$'),
  add column expires_at timestamptz;
grant update (expires_at) on api_keys to sallyport_admin;

-- A gateway of one mode does not start on a database of the other. Written by the admin role with the first tenant.
create table deployment (
  one        boolean primary key default true check (one),
  mode       text not null check (mode in ('sandbox', 'live')),
  created_at timestamptz not null default clock_timestamp()
);
revoke all on deployment from public;
grant select on deployment to sallyport_gateway;
grant select, insert on deployment to sallyport_admin;
