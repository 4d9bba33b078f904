-- As in 30-captures.sql, and a capture whose time is over does not complete: intake may have read it a while ago, so that the
-- clock is looked at where the row is locked. Answered like any change in between: who reads again finds it expired.
create or replace function capture_apply(p_id text, p_expected integer, p_body jsonb, p_events jsonb, p_secrets jsonb default '{}') returns integer
language plpgsql security definer set search_path = pg_catalog, public as $$
declare
  v_capture captures;
  v_sequence integer;
begin
  select * into v_capture from captures where id = p_id for update;
  if not found or v_capture.sequence <> p_expected
    or (p_body->>'state' = 'completed' and v_capture.expires_at <= clock_timestamp()) then
    raise exception 'the capture has changed' using errcode = 'SP409';
  end if;
  if not capture_may_become(v_capture.state, p_body->>'state') or (p_body->>'epoch')::integer < v_capture.epoch then
    raise exception 'the capture may not change so' using errcode = 'SP422';
  end if;
  v_sequence := events_append(v_capture.tenant, p_id, v_capture.conversation, p_expected, p_events);
  if v_sequence <> (p_body->>'sequence')::integer then
    raise exception 'the capture does not match its events' using errcode = 'SP422';
  end if;
  update captures set state = p_body->>'state', epoch = (p_body->>'epoch')::integer, sequence = v_sequence,
    body = p_body || jsonb_build_object('id', id, 'tenant', tenant, 'conversation', conversation),
    session_hash = coalesce(decode(p_secrets->>'session_hash', 'hex'), session_hash),
    session_origin = coalesce(p_secrets->>'session_origin', session_origin),
    submission = coalesce(decode(p_secrets->>'submission', 'hex'), submission)
    where id = p_id;
  return v_sequence;
end $$;
