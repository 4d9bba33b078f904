-- What `sallyport tenant` and `sallyport admin` need: their own lines in the audit log, credentials that can be replaced,
-- and rules of a live deployment that hold whoever writes the configuration, and with whatever tool.

-- Origins that a setting names come and go with the setting; those that an admin added stay.
alter table origins add column by_settings boolean not null default true;
alter table origins alter column by_settings set default false;

-- Whether events of the tenant may carry the BIN.
alter table tenants add column bin boolean not null default false;

alter table tokens add constraint tokens_id_says_mode check ((mode = 'live') = (id like 'tok\_live\_%'));

grant insert (entry) on audit to sallyport_admin;
grant execute on function vault_log_id() to sallyport_admin;

-- A credential is replaced whole; the old one is gone with its row.
create function credential_set(p_account text, p_version smallint, p_suite smallint, p_created_ms bigint, p_kek_id bytea,
  p_wrapped_dek bytea, p_body bytea) returns void
language sql security definer set search_path = pg_catalog, public as $$
  insert into credentials (account, version, suite, created_ms, kek_id, wrapped_dek, body)
    values (p_account, p_version, p_suite, p_created_ms, p_kek_id, p_wrapped_dek, p_body)
    on conflict (account) do update set version = excluded.version, suite = excluded.suite, created_ms = excluded.created_ms,
      kek_id = excluded.kek_id, wrapped_dek = excluded.wrapped_dek, body = excluded.body
$$;
revoke all on function credential_set(text, smallint, smallint, bigint, bytea, bytea, bytea) from public;
grant execute on function credential_set(text, smallint, smallint, bigint, bytea, bytea, bytea) to sallyport_admin;

-- A deployment's mode is what every record, token and grant is bound to: it never changes.
create function deployment_is_fixed() returns trigger language plpgsql set search_path = pg_catalog, public as $$
begin
  raise exception 'the mode of a deployment is fixed' using errcode = 'SPADM';
end $$;
create trigger deployment_is_fixed before update or delete on deployment for each row execute function deployment_is_fixed();

-- Loopback by any of its usual names: a processor there is a stand-in.
create function is_loopback(p_url text) returns boolean language sql immutable set search_path = pg_catalog, public as $$
  select p_url ~* '^https?://(localhost|[^/:]*\.localhost|127(\.[0-9]+)*|0\.0\.0\.0|\[::1?\])(:[0-9]+)?$'
$$;

create function live_rules() returns trigger language plpgsql security definer set search_path = pg_catalog, public as $$
declare v_mode text;
begin
  select mode into v_mode from deployment;
  if tg_table_name = 'tenants' then
    if (v_mode = 'live' and new.publishable_key like 'pk\_test\_%') or (v_mode = 'sandbox' and new.publishable_key like 'pk\_live\_%') then
      raise exception 'the publishable key is of the other mode' using errcode = 'SPADM';
    end if;
    return new;
  end if;
  if v_mode is distinct from 'live' then return new; end if;
  if tg_table_name = 'origins' then
    if new.origin not like 'https://%' then
      raise exception 'a live deployment takes https origins alone' using errcode = 'SPADM';
    end if;
  end if;
  if tg_table_name = 'accounts' then
    if new.processor = 'sandbox' then
      raise exception 'a live deployment does not charge at the sandbox processor' using errcode = 'SPADM';
    end if;
    if new.base_url not like 'https://%' or is_loopback(new.base_url) then
      raise exception 'a live deployment reaches processors by https, and not on this machine' using errcode = 'SPADM';
    end if;
  end if;
  return new;
end $$;
create trigger live_rules before insert or update on tenants for each row execute function live_rules();
create trigger live_rules before insert or update on origins for each row execute function live_rules();
create trigger live_rules before insert or update on accounts for each row execute function live_rules();
revoke all on function deployment_is_fixed(), is_loopback(text), live_rules() from public;
