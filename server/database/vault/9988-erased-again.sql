-- As in 9960-restore.sql; but it is nobody's request, so that a tenant's budget of erasures is whole after a restore: most of what
-- keyd has tombstones of has ended by itself.
create or replace function restore_erase(p_token text, p_tenant text, p_life_ms bigint, p_event_id text, p_entry text) returns boolean
language plpgsql set search_path = pg_catalog, public as $$
begin
  perform from tokens where id = p_token and tenant = p_tenant and state = 'active' for update;
  if not found then return false; end if;
  -- Its day of grace is over, or nearly.
  perform token_end(p_token, null, 0, p_life_ms, p_event_id);
  update tokens set tombstoned = true where id = p_token;
  insert into audit (entry) values (p_entry);
  return true;
end $$;
