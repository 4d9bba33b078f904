-- Grants that egress may have opened a token with, and has not sent with yet. A process that ends between the two leaves an
-- opening without a charge, which looks as if a key had been released beside the road. With the row, which is written in the
-- transaction that begins the charge, whoever comes next knows of it and says in the audit log what it was.
create table grants_held (
  grant_id text primary key,
  charge text not null references charges,
  holder text not null,
  -- As long as the charge is held: later nothing can be sent with this grant any more.
  until timestamptz not null
);

-- charge_begin, and where there is something to send, the grant that it is to be opened with. `p` has `grant` besides.
create function grant_begin(p jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, public as $$
declare v jsonb := charge_begin(p);
begin
  if v->>'result' in ('begun', 'unknown') then
    insert into grants_held (grant_id, charge, holder, until)
      values (p->>'grant', v->'charge'->>'id', p->>'holder',
        clock_timestamp() + make_interval(secs => (p->>'lease_ms')::integer / 1000.0))
      on conflict do nothing;
  end if;
  return v;
end $$;

-- charge_sending: its audit entry names the grant, so that the opening has its counterpart.
create function grant_sending(p jsonb) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform charge_sending(p);
  delete from grants_held where grant_id = p->>'grant';
end $$;

-- Nothing was sent, and nothing will be: with an entry that says so where keyd may have opened. Once for each grant.
create function grant_ended(p_grant text, p_entry text) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  delete from grants_held where grant_id = p_grant;
  if found then perform charge_audit(p_entry); end if;
end $$;

-- Those of an earlier start of this very instance, and those whose time is over, whoever held them.
create function grants_stranded(p_instance text, p_holder text, p_limit integer) returns table (grant_id text, charge text)
language sql stable security definer set search_path = pg_catalog, public as $$
  select g.grant_id, g.charge from grants_held g
  where g.until < clock_timestamp() or (g.holder <> p_holder and starts_with(g.holder, p_instance || ':')) limit p_limit
$$;

revoke all on grants_held from public;
revoke all on function grant_begin(jsonb), grant_sending(jsonb), grant_ended(text, text), grants_stranded(text, text, integer)
  from public;
grant execute on function grant_begin(jsonb), grant_sending(jsonb), grant_ended(text, text),
  grants_stranded(text, text, integer) to sallyport_egress;
