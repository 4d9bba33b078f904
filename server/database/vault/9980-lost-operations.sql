-- Captures and refunds of a part that a restore lost: the comparison finds their sums, and nobody knows any more which keys asked
-- for them. Whoever asks again under such a key would be given the money twice. So as much as was lost is refused once: an agent
-- reads the charge then, and asks under a new key for what it still wants.
alter table charges
  add column lost_captured bigint not null default 0 check (lost_captured >= 0),
  add column lost_refunded bigint not null default 0 check (lost_refunded >= 0);

-- reconcile_one(), and it notes by how much the books moved beyond what attempts that are still known explain.
create function reconcile_noted(p_account text, p jsonb) returns text
language plpgsql set search_path = pg_catalog, public as $$
declare
  v_before charges;
  v_capturing bigint;
  v_refunding bigint;
  v_kind text;
begin
  select * into v_before from charges where id = p->>'charge';
  select coalesce(sum(amount) filter (where operation = 'capture'), 0), coalesce(sum(amount) filter (where operation = 'refund'), 0)
    into v_capturing, v_refunding
    from attempts where charge = p->>'charge' and state in ('created', 'sending', 'unknown', 'pending');
  v_kind := reconcile_one(p_account, p);
  if v_kind in ('written', 'moved', 'over') then
    -- A sale is captured by itself.
    update charges set
      lost_captured = lost_captured + case when operation = 'authorize'
        then greatest(0, captured - coalesce(v_before.captured, 0) - v_capturing) else 0 end,
      lost_refunded = lost_refunded + greatest(0, refunded - coalesce(v_before.refunded, 0) - v_refunding)
      where id = p->>'charge';
  end if;
  return v_kind;
end $$;

-- As in 9970-reconcile.sql, and what was lost is noted.
create or replace function reconcile_found(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_one jsonb;
  v_kind text;
  v_charges text[] := '{}';
begin
  update reconciliations set lease_until = clock_timestamp() + make_interval(secs => (p->>'lease_ms')::integer / 1000.0),
      looked = looked + jsonb_array_length(p->'payments')
    where account = p->>'account' and lifted_at is null and holder = p->>'holder' and lease_until > clock_timestamp();
  if not found then perform charge_refuse('system.conflict'); end if;
  for v_one in select value from jsonb_array_elements(p->'payments') loop
    v_kind := reconcile_noted(p->>'account', v_one);
    if v_kind = 'same' then continue; end if;
    insert into reconcile_findings (account, kind, charge, payment, token, amount, currency, state, order_reference)
      select p->>'account', v_kind, v_one->>'charge', v_one->>'payment', v_one->>'token', (v_one->>'amount')::bigint, v_one->>'currency',
        v_one->>'state', v_one->>'order'
      where not exists (select from reconcile_findings f where f.charge = v_one->>'charge' and f.payment = v_one->>'payment'
        and f.kind = v_kind and f.state = v_one->>'state');
    if v_kind in ('written', 'moved', 'over') then
      perform charge_audit(v_one->>'audit');
      v_charges := v_charges || (v_one->>'charge');
    end if;
  end loop;
  return (select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'tenant', c.tenant, 'token', c.token)), '[]')
    from charges c where c.id = any (v_charges));
end $$;

-- begin, as operation_begin(), which it asks: but a key that is seen for the first time may be one that was lost. Then it is bound
-- to a refusal for ever, { result: lost }, and as much is no longer missing.
create function operation_start(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v charges;
  v_route text := 'charges/' || (p->>'charge') || '/' || (p->>'operation');
  v_amount bigint := (p->>'amount')::bigint;
  v_number integer;
begin
  if not exists (select from restores) then return operation_begin(p); end if;
  v := charge_lock(p->>'charge');
  if v.tenant is distinct from p->>'tenant' or v.lost_captured + v.lost_refunded = 0
    or exists (select from idempotency where tenant = p->>'tenant' and route = v_route and key = p->>'key')
    -- Without an amount it is all that is left, which what was lost was not.
    or v_amount is null or v_amount > (case p->>'operation' when 'capture' then v.lost_captured when 'refund' then v.lost_refunded else 0 end)
    or restore_waits(v.token) then
    return operation_begin(p);
  end if;
  select coalesce(max(attempt), 0) + 1 into v_number from attempts where charge = v.id and operation = p->>'operation';
  insert into idempotency (tenant, route, key, body, thing) values (v.tenant, v_route, p->>'key', p->>'body', v_number::text);
  insert into attempts (charge, operation, attempt, amount, state, error_code, created_at)
    values (v.id, p->>'operation', v_number, v_amount, 'failed', 'system.conflict', '-infinity');
  update charges set
    lost_captured = lost_captured - case when p->>'operation' = 'capture' then v_amount else 0 end,
    lost_refunded = lost_refunded - case when p->>'operation' = 'refund' then v_amount else 0 end where id = v.id;
  return jsonb_build_object('result', 'lost');
end $$;

revoke all on function reconcile_noted(text, jsonb), operation_start(jsonb) from public;
grant execute on function operation_start(jsonb) to sallyport_egress;
