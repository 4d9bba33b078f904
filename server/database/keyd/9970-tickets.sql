-- Several tickets at once: what takes one flush of the disk each takes one together. As `ticket_use` for each, in their order.
create function tickets_use(p_jtis text[], p_max integer, p_entries text[]) returns boolean[]
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_used boolean[] := '{}';
begin
  for v_at in 1 .. coalesce(array_length(p_jtis, 1), 0) loop
    v_used := v_used || ticket_use(p_jtis[v_at], p_max, p_entries[v_at]);
  end loop;
  return v_used;
end $$;
revoke all on function tickets_use(text[], integer, text[]) from public;
grant execute on function tickets_use(text[], integer, text[]) to sallyport_keyd;
