-- As in 9980-lost-operations.sql; but what was lost stays what it was, and each amount has refusals of its own: as many as it fits
-- into what was lost. Before, a new request for less used up a part, and what was lost was then larger than what was left.
create or replace function operation_start(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v charges;
  v_route text := 'charges/' || (p->>'charge') || '/' || (p->>'operation');
  v_amount bigint := (p->>'amount')::bigint;
  v_lost bigint;
  v_refused bigint;
  v_number integer;
begin
  if not exists (select from restores) then return operation_begin(p); end if;
  v := charge_lock(p->>'charge');
  v_lost := case p->>'operation' when 'capture' then v.lost_captured when 'refund' then v.lost_refunded else 0 end;
  if v.tenant is distinct from p->>'tenant' or v_lost = 0
    or exists (select from idempotency where tenant = p->>'tenant' and route = v_route and key = p->>'key')
    -- Without an amount it is all that is left, which what was lost was not.
    or v_amount is null or v_amount = 0 or v_amount > v_lost or restore_waits(v.token) then
    return operation_begin(p);
  end if;
  select count(*) into v_refused from attempts where charge = v.id and operation = p->>'operation' and amount = v_amount
    and state = 'failed' and error_code = 'system.conflict' and created_at = '-infinity';
  if v_refused >= v_lost / v_amount then return operation_begin(p); end if;
  select coalesce(max(attempt), 0) + 1 into v_number from attempts where charge = v.id and operation = p->>'operation';
  insert into idempotency (tenant, route, key, body, thing) values (v.tenant, v_route, p->>'key', p->>'body', v_number::text);
  insert into attempts (charge, operation, attempt, amount, state, error_code, created_at)
    values (v.id, p->>'operation', v_number, v_amount, 'failed', 'system.conflict', '-infinity');
  return jsonb_build_object('result', 'lost');
end $$;

-- As in 9970-reconcile.sql; but a second restore to a backup of before the first knows nothing of the first, and would give the
-- same numbers again. So they are seconds, of the last restore, since 2026.
create or replace function reconcile_skip(p_charge text, p_operation text) returns void
language sql set search_path = pg_catalog, public as $$
  insert into attempts (charge, operation, attempt, amount, state, created_at)
    select p_charge, p_operation, greatest(count(*) * 1000, extract(epoch from max(restored_at)) - 1767225600)::integer, 0, 'failed', '-infinity'
      from restores on conflict do nothing
$$;

-- Internal: a payment that was found before the one whose end made room for it had no reference, since only one at a time may.
-- Nothing is charged before the comparison is over, so this is soon enough for whoever asks for the same thing again.
create function reconcile_references(p_account text) returns void
language sql set search_path = pg_catalog, public as $$
  update charges c set reference = found.order_reference from (
    select distinct on (o.token, f.order_reference, o.operation) o.id, f.order_reference
      from reconcile_findings f join charges o on o.id = f.charge
      where f.account = p_account and f.kind = 'over' and f.order_reference is not null and o.reference is null
        and o.state not in ('declined', 'failed')
        and not exists (select from charges held where held.tenant = o.tenant and held.token = o.token
          and held.reference = f.order_reference and held.operation = o.operation and held.state not in ('declined', 'failed'))
      order by o.token, f.order_reference, o.operation, f.n) found
    where c.id = found.id
$$;

-- As in 9970-reconcile.sql, and references go where they belong.
create or replace function reconcile_end(p jsonb) returns text
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_failed text := p->>'failed';
begin
  if not exists (select from reconciliations where account = p->>'account' and lifted_at is null and holder = p->>'holder') then
    return 'superseded';
  end if;
  if v_failed is null and exists (select from reconcile_findings f where f.account = p->>'account' and f.kind = 'no_token'
      and not exists (select from charges c where c.id = f.charge)) then
    v_failed := 'no_token';
  end if;
  perform reconcile_references(p->>'account');
  update reconciliations set holder = '', lease_until = '-infinity', failed = v_failed,
      lifted_at = case when v_failed is null then clock_timestamp() end, how = case when v_failed is null then 'compared' end
    where account = p->>'account' and lifted_at is null;
  if v_failed is null then
    delete from reconcile_exports where account = p->>'account';
    perform charge_audit(p->>'audit');
  end if;
  return v_failed;
end $$;

revoke all on function reconcile_references(text) from public;
