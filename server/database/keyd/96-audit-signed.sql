-- How long the oldest entry has waited to be covered by a signed checkpoint: from there on nobody takes it back unseen. Before,
-- the wait for its number alone was counted, and a keeper that had died was not noticed.
create or replace function audit_lag_ms() returns bigint
language sql stable security definer set search_path = pg_catalog, public as $$
  select greatest(0, coalesce(max(extract(epoch from clock_timestamp() - waiting.at) * 1000), 0))::bigint from (
    (select a.at from audit a where a.position is null order by a.id limit 1)
    union all
    (select a.at from audit a where a.position = 1 + coalesce((select max(c.size) from checkpoints c), 0))
  ) waiting
$$;
