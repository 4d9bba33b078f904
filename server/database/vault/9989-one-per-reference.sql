-- One charge per token and reference (DESIGN §1), whichever the operation: an order that was authorized is captured, not sold. A
-- payment that the processor knows is taken over as it is, also where there are two. Beginnings of one token wait for each other.
create function charges_one_operation() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
  if exists (
    select from charges where tenant = new.tenant and token = new.token and reference = new.reference
      and operation <> new.operation and state not in ('declined', 'failed')
  ) then
    perform charge_refuse('request.idempotency_conflict', 'reference');
  end if;
  return new;
end $$;
create trigger charges_one_operation before insert on charges for each row
  when (new.reference is not null and new.state = 'created') execute function charges_one_operation();
