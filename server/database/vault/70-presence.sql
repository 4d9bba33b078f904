-- Which forms are being looked at: one row a frame, renewed when it asks again (twenty seconds), so that any intake can tell
-- another's frame from a lost one. Unlogged: after a crash of the database the next question writes it again.
create unlogged table presence (
  capture text primary key,
  epoch integer not null,
  poll text not null,
  seen_at timestamptz not null
);
create index presence_seen_at on presence (seen_at);

-- A frame has asked; `p_poll` names this question. One of an older epoch does not take the place of the newer.
create function presence_seen(p_capture text, p_epoch integer, p_poll text) returns void
language sql security definer set search_path = pg_catalog, public as $$
  insert into presence (capture, epoch, poll, seen_at) values (p_capture, p_epoch, p_poll, clock_timestamp())
    on conflict (capture) do update set epoch = excluded.epoch, poll = excluded.poll, seen_at = excluded.seen_at
    where presence.epoch <= excluded.epoch
$$;

-- Whether somebody was asked after this question: then it is theirs to miss the frame.
create function presence_asked_since(p_capture text, p_poll text) returns boolean
language sql stable security definer set search_path = pg_catalog, public as $$
  select exists (select from presence where capture = p_capture and poll <> p_poll)
$$;

-- Takes out the frames that nobody has heard of for so long: those of an intake that died, and of captures that have ended.
create function presence_forgotten(p_older_ms integer, p_limit integer) returns table (capture text, epoch integer)
language sql security definer set search_path = pg_catalog, public as $$
  delete from presence where presence.capture in (
    select p.capture from presence p where p.seen_at < clock_timestamp() - make_interval(secs => p_older_ms / 1000.0)
      order by p.seen_at limit p_limit for update skip locked)
  returning presence.capture, presence.epoch
$$;

revoke all on function presence_seen(text, integer, text), presence_asked_since(text, text), presence_forgotten(integer, integer) from public;
grant execute on function presence_seen(text, integer, text), presence_asked_since(text, text), presence_forgotten(integer, integer)
  to sallyport_intake;
