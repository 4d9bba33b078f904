-- What widens power. Only sallyport_admin writes it; the processes read.
create table deployment (
  one boolean primary key default true check (one),
  mode text not null check (mode in ('sandbox', 'live')),
  created_at timestamptz not null default clock_timestamp()
);

create table tenants (
  id text primary key check (id ~ '^ten_[a-z]{26}$'),
  name text not null check (length(name) between 1 and 80),
  publishable_key text not null unique,
  created_at timestamptz not null default clock_timestamp()
);

-- Which pages may embed the frame: exact strings, no patterns.
create table origins (
  tenant text not null references tenants,
  origin text not null check (origin ~ '^https?://[a-z0-9.-]+(:[0-9]+)?$'),
  primary key (tenant, origin)
);

-- Merchant accounts at processors. Host and path of a request come from here, never from a request.
create table accounts (
  id text primary key check (id ~ '^acct_[a-z]{26}$'),
  tenant text not null references tenants,
  processor text not null,
  base_url text not null check (base_url ~ '^https?://[a-zA-Z0-9.:-]+$'),
  is_default boolean not null default false,
  created_at timestamptz not null default clock_timestamp()
);
create unique index accounts_one_default on accounts (tenant) where is_default;

-- keyd's public keys: intake seals with the active one, so that nobody who squats keyd's socket can hand it another.
create table kek_epochs (
  kek_id bytea primary key check (length(kek_id) = 8),
  suite text not null check (suite in ('x25519', 'p256')),
  purpose text not null check (purpose in ('card', 'credential')),
  public_key bytea not null,
  state text not null default 'active' check (state in ('active', 'retired')),
  created_at timestamptz not null default clock_timestamp()
);
create unique index kek_epochs_one_active on kek_epochs (purpose) where state = 'active';

-- Credentials of merchant accounts, sealed by the admin command, opened by keyd on egress's signed request.
create table credentials (
  account text primary key references accounts,
  version smallint not null,
  suite smallint not null,
  created_ms bigint not null,
  kek_id bytea not null,
  wrapped_dek bytea not null,
  body bytea not null
);

grant select on deployment, tenants, origins, accounts, kek_epochs to sallyport_intake, sallyport_egress, sallyport_keeper;
grant select, insert, update on deployment, tenants, accounts, kek_epochs to sallyport_admin;
grant select, insert, delete on origins to sallyport_admin;
grant insert on credentials to sallyport_admin;

-- Sealed credentials are read one at a time; nobody has a plain select on them.
create function credential_read(p_account text) returns setof credentials
language sql security definer set search_path = pg_catalog, public
as $$ select * from credentials where account = p_account $$;
create function credential_exists(p_account text) returns boolean
language sql security definer set search_path = pg_catalog, public
as $$ select exists (select from credentials where account = p_account) $$;
revoke all on function credential_read(text), credential_exists(text) from public;
grant execute on function credential_read(text) to sallyport_egress;
grant execute on function credential_exists(text) to sallyport_admin;
