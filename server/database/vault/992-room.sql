-- Room in each page of records for a few new versions: a wrapped key that is written anew then stays in its page, and no index
-- is touched (no index has kek_id or wrapped_dek). What is there already gets its room when it is next moved.
alter table records set (fillfactor = 85);

-- As in 99-rewrap.sql, and quicker. The looking ends with the last row that is asked for; and `coalesce` hides from the planner
-- what it believes of how many records have this key, which is nothing for one that is new.
drop function rewrap_read(bytea, text, integer);
create function rewrap_read(p_kek_id bytea, p_after text, p_limit integer) returns table (
  token text, wrapped_dek bytea, version smallint, suite smallint, tenant text, created_ms bigint,
  uses integer, amount_max bigint, currency text, account text, not_after_ms bigint, max_opens integer)
language plpgsql stable security definer set search_path = pg_catalog, public as $$
declare
  v_rows integer;
begin
  if not exists (select from kek_epochs e where e.kek_id = p_kek_id and e.state = 'rotated') then return; end if;
  return query select r.token, r.wrapped_dek, r.version, r.suite, t.tenant, t.created_ms,
      m.uses, m.amount_max, m.currency, m.account, m.not_after_ms, m.max_opens
    from (select o.token, o.wrapped_dek, o.version, o.suite, o.kek_id from records o
        where o.token > p_after and o.class = 'card' order by o.token limit p_limit * 5) r
      join tokens t on t.id = r.token and t.state = 'active' join mandates m on m.token = r.token
    where coalesce(r.kek_id = p_kek_id, false) order by r.token limit p_limit;
  get diagnostics v_rows = row_count;
  if v_rows = p_limit then return; end if;
  select max(o.token) into token from (select l.token from records l where l.token > p_after order by l.token limit p_limit * 5) o;
  if token is null then return; end if;
  wrapped_dek := null;
  return next;
end $$;
revoke all on function rewrap_read(bytea, text, integer) from public;
grant execute on function rewrap_read(bytea, text, integer) to sallyport_keeper;
