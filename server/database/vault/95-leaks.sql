-- Card data that was found in conversations, outside a capture: events of the tenant itself. One row a tenant counts them, and
-- is locked while one is written, so that their sequence has no gap.
create table leaks (
  tenant text primary key references tenants,
  sequence integer not null
);

-- One event and an audit entry a finding, all or none. `p_data` is the event's; `p_entries` are lines of the audit log that intake has
-- written. Returns the event's id, the id of the event that this Idempotency-Key made before, 'conflict' (same key, another
-- body), or null where there is no such tenant.
create function leak_append(p_tenant text, p_conversation text, p_event_id text, p_data jsonb, p_entries text[], p_idempotency jsonb)
returns text language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_sequence integer;
  v_known idempotency;
begin
  if not exists (select from tenants where id = p_tenant) then return null; end if;
  if coalesce(cardinality(p_entries), 0) <> (p_data->>'count')::integer then
    raise exception 'an audit entry a finding, and no other' using errcode = 'SP422';
  end if;
  if p_idempotency is not null then
    insert into idempotency (tenant, route, key, body, thing)
      values (p_tenant, 'leaks', p_idempotency->>'key', p_idempotency->>'body', p_event_id) on conflict do nothing;
    if not found then
      select * into v_known from idempotency where tenant = p_tenant and route = 'leaks' and key = p_idempotency->>'key';
      if v_known.body <> p_idempotency->>'body' then return 'conflict'; end if;
      return v_known.thing;
    end if;
  end if;
  insert into leaks (tenant, sequence) values (p_tenant, 1)
    on conflict (tenant) do update set sequence = leaks.sequence + 1 returning sequence into v_sequence;
  perform events_append(p_tenant, p_tenant, p_conversation, v_sequence - 1, jsonb_build_array(jsonb_build_object(
    'id', p_event_id, 'type', 'leak.detected', 'data', p_data)));
  insert into audit (entry) select unnest(p_entries);
  return p_event_id;
end $$;

revoke all on function leak_append(text, text, text, jsonb, text[], jsonb) from public;
grant execute on function leak_append(text, text, text, jsonb, text[], jsonb) to sallyport_intake;
