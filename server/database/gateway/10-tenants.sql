-- Who may talk to the gateway. Both tables are written by `sallyport admin` alone; the gateway reads them.

create table tenants (
  id         text primary key check (id ~ '^ten_[a-z]{26}$'),
  name       text not null check (length(name) between 1 and 80),
  created_at timestamptz not null default clock_timestamp()
);

-- key_hash is the SHA-256 of the whole key, prefix included. A key has 128 bits or more of its own, so that a hash
-- without salt or stretching gives nothing away.
create table api_keys (
  key_hash   bytea primary key check (octet_length(key_hash) = 32),
  tenant     text not null references tenants (id),
  created_at timestamptz not null default clock_timestamp(),
  revoked_at timestamptz
);

-- A key is looked up by the first eight bytes of its hash and compared in constant time with the rest.
create index api_keys_by_prefix on api_keys (substring(key_hash from 1 for 8));

revoke all on tenants, api_keys from public;
grant select on tenants, api_keys to sallyport_gateway;
grant select, insert on tenants, api_keys to sallyport_admin;
grant update (name) on tenants to sallyport_admin;
grant update (revoked_at) on api_keys to sallyport_admin;
