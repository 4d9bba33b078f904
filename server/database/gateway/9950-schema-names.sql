-- Which files ran here, for processes that have to know whether this is the schema they were written for.
create function schema_names() returns setof text language sql stable security definer set search_path = pg_catalog, public
as $$ select m.name from migrations m $$;
revoke all on function schema_names() from public;
grant execute on function schema_names() to sallyport_gateway, sallyport_admin;
