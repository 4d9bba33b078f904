-- A checkpoint comes each second while the log grows, and the newest says all that the others did: of what is older than an
-- hour the last of each hour is kept. The rest as in 30-functions.sql.
create or replace function ledger_trim() returns void
language sql security definer set search_path = pg_catalog, public as $$
  delete from grants_used where used_at < clock_timestamp() - interval '24 hours';
  delete from tickets_used where first_at < clock_timestamp() - interval '24 hours';
  delete from checkpoints c using (
    select max(k.size) as size, date_trunc('hour', k.at) as hour from checkpoints k group by 2
  ) last where date_trunc('hour', c.at) = last.hour and c.size < last.size and c.at < clock_timestamp() - interval '1 hour';
$$;
