-- How long the oldest entry has waited for its number. What is not numbered yet, nobody would miss: above a bound keyd
-- opens nothing.
create function audit_lag_ms() returns bigint
language sql stable security definer set search_path = pg_catalog, public as $$
  select coalesce(
    (select extract(epoch from clock_timestamp() - a.at) * 1000 from audit a where a.position is null order by a.id limit 1),
    0)::bigint
$$;
revoke all on function audit_lag_ms() from public;
grant execute on function audit_lag_ms() to sallyport_keyd;
