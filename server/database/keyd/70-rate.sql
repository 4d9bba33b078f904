-- What bounds a gateway and an egress that were taken together, who can sign grants and present them for every token:
-- a limit on openings over all tokens, and tokens that are used up.

drop function spend(text, bigint, bigint, text, text, integer, integer, text);

-- As before, with a limit on the openings of the last minute over all tokens. Above it nothing is spent ('too_many_in_all':
-- the same grant may come again); from half of it on the answer is 'ok_alarm'. Openings that run at once may pass the limit
-- by as many as keyd has connections.
create function spend(
  p_jti text, p_iat bigint, p_now bigint, p_token text, p_tenant text, p_max_opens integer, p_per_minute integer,
  p_in_all integer, p_entry text
) returns text
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_minute timestamptz := date_trunc('minute', clock_timestamp());
  v_in_all integer;
begin
  perform set_config('synchronous_commit', 'on', true);

  -- Both in seconds. Written only when it rises, so that openings within a second do not queue for this row.
  update clock set highest_iat = p_iat where highest_iat < p_iat;
  if p_now + 5 < (select highest_iat from clock) then return 'clock_behind'; end if;

  if exists (select from tombstones where token = p_token) then return 'tombstoned'; end if;

  select count(*) into v_in_all
    from (select from grants_used where used_at > clock_timestamp() - interval '1 minute' limit p_in_all) recent;
  if v_in_all >= p_in_all then return 'too_many_in_all'; end if;

  -- Two keyds with one grant: the second waits here for the first and then finds the row.
  insert into grants_used (jti) values (p_jti) on conflict do nothing;
  if not found then return 'spent'; end if;

  -- A grant that is refused from here on is spent all the same: a refusal never gives one back.
  if p_max_opens < 1 then return 'too_many_openings'; end if;
  insert into openings as o (token, count, minute, minute_count) values (p_token, 1, v_minute, 1)
    on conflict (token) do update set
      count = o.count + 1,
      minute = v_minute,
      minute_count = case when o.minute = v_minute then o.minute_count + 1 else 1 end
    where o.count < p_max_opens and (o.minute <> v_minute or o.minute_count < p_per_minute);
  if not found then
    return case
      when (select o.count from openings o where o.token = p_token) >= p_max_opens then 'too_many_openings'
      else 'too_fast' end;
  end if;

  -- A tombstone takes the row above first: one that was written meanwhile is seen here, a later one waits for this commit.
  if exists (select from tombstones where token = p_token) then return 'tombstoned'; end if;

  insert into audit (entry) values (p_entry);
  return case when (v_in_all + 1) * 2 > p_in_all then 'ok_alarm' else 'ok' end;
end $$;

-- A token whose uses are all settled opens never again. Only for one that was opened: nothing else can be used up.
create function used_up(p_token text, p_entry text) returns void
language plpgsql security definer set search_path = pg_catalog, public as $$
begin
  perform set_config('synchronous_commit', 'on', true);
  update openings set count = 2147483647 where token = p_token and count < 2147483647;
  if found then insert into audit (entry) values (p_entry); end if;
end $$;

revoke all on function spend(text, bigint, bigint, text, text, integer, integer, integer, text), used_up(text, text) from public;
grant execute on function spend(text, bigint, bigint, text, text, integer, integer, integer, text), used_up(text, text)
  to sallyport_keyd;
