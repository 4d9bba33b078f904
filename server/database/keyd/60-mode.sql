-- The mode that keyd's own database was first used in: used grants, opening counts and tombstones of the sandbox say
-- nothing about live tokens, so a keyd of the other mode does not start on it.
create table deployment (
  one        boolean primary key default true check (one),
  mode       text not null check (mode in ('sandbox', 'live')),
  created_at timestamptz not null default clock_timestamp()
);
revoke all on deployment from public;

create function deployment_mode(p_mode text) returns text
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  insert into deployment (mode) values (p_mode) on conflict (one) do nothing;
  return (select mode from deployment);
end $$;
revoke all on function deployment_mode(text) from public;
grant execute on function deployment_mode(text) to sallyport_keyd;
