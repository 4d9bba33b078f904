-- Makes parts ahead, so that five million numbers at least lie before the newest row; each is a table of its own until it is attached, which locks nobody
-- out. A row that has none goes into the rest, so that nothing fails where nobody made any. Returns how many it made.
create function parts_ahead() returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_size constant bigint := 5000000;
  v_table text;
  v_key text;
  v_newest bigint;
  v_top bigint;
  v_part text;
  v_made integer := 0;
begin
  perform set_config('lock_timeout', '500ms', true);
  for v_table, v_key in select * from (values ('audit', 'id')) t loop
    execute format('select coalesce(max(%I), 0) from %I', v_key, v_table) into v_newest;
    select max((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''?(\d+)'))[1]::bigint) into v_top
      from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = v_table::regclass;
    -- What lies in the rest stays there: the next part begins above it.
    v_top := greatest(v_top, v_newest / v_size * v_size + case when v_newest >= v_top then v_size else 0 end);
    while v_top < v_newest + 2 * v_size loop
      v_part := v_table || '_' || v_top;
      execute format('create table public.%I (like %I including defaults including constraints)', v_part, v_table);
      execute format('create unique index on %I (position)', v_part);
      execute format('create index on %I (%I) where position is null', v_part, v_key);
      if v_table = 'events' then execute format('create unique index on %I (subject, sequence)', v_part); end if;
      execute format('alter table %I attach partition %I for values from (%s) to (%s)', v_table, v_part, v_top, v_top + v_size);
      v_top := v_top + v_size;
      v_made := v_made + 1;
    end loop;
  end loop;
  return v_made;
end $$;

-- Takes a part off, for whoever owns the database: its table stays, to be kept elsewhere and dropped. Only one whose rows all have
-- their place, and of which the newest is older than PCI DSS 10.5.1 asks for.
create function part_off(p_part text) returns void
language plpgsql set search_path = pg_catalog, public as $$
declare
  v_table text;
  v_kept boolean;
begin
  select i.inhparent::regclass::text into v_table from pg_inherits i where i.inhrelid = to_regclass(p_part);
  if v_table is null then raise exception 'there is no such part; pg_inherits has their names'; end if;
  execute format('select exists (select from %I where position is null or %s > clock_timestamp() - interval ''12 months'')',
    p_part, case v_table when 'events' then '(envelope->>''time'')::timestamptz' else 'at' end) into v_kept;
  if v_kept then raise exception 'the part has rows of the last twelve months, which stay'; end if;
  perform set_config('lock_timeout', '500ms', true);
  execute format('alter table %I detach partition %I', v_table, p_part);
end $$;

revoke all on function parts_ahead(), part_off(text) from public;
grant execute on function parts_ahead() to sallyport_keyd;
select parts_ahead();
