-- keyd's own ledger: what was spent, how often a token was opened, what must never open again. The process that decides
-- reaches it through functions alone, so that keyd's role can add to it and can neither lower a count nor unspend.

-- Grants that were used, kept a day: a grant lives a minute, and a clock that was set back is caught by `clock`.
create table grants_used (
  jti text primary key,
  used_at timestamptz not null default clock_timestamp()
);
create index grants_used_by_age on grants_used (used_at);

create table openings (
  token text primary key,
  count integer not null check (count > 0),
  -- The present minute and how many openings it has had.
  minute timestamptz not null,
  minute_count integer not null check (minute_count > 0)
);

create table tombstones (
  token text primary key,
  tenant text not null,
  at timestamptz not null default clock_timestamp()
);

create table tickets_used (
  jti text primary key,
  count integer not null check (count > 0),
  first_at timestamptz not null default clock_timestamp()
);
create index tickets_used_by_age on tickets_used (first_at);

-- The highest `iat` of any grant, in seconds: an expired grant must not come to life on a clock that went back.
create table clock (
  one boolean primary key default true check (one),
  highest_iat bigint not null
);
insert into clock (highest_iat) values (0);
