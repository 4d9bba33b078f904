-- Rights that nobody used, and that DESIGN §2's table does not give: keeper reads of the configuration the mode alone, and of
-- what it deletes or destroys the columns by which it finds the rows.
revoke select on tenants, origins, accounts, kek_epochs from sallyport_keeper;
revoke select (class, kek_id, wrapped_dek) on records from sallyport_keeper;
revoke select (token) on cvc from sallyport_keeper;
revoke select (n) on fingerprints from sallyport_keeper;
revoke select (key_id) on hour_keys from sallyport_keeper;
revoke select (erased_at) on tokens from sallyport_keeper;
-- A key's public half is asked for by intake, which seals with it, and by nobody else.
revoke select on kek_epochs from sallyport_egress;

-- As in 30-captures.sql, and exactly what protocol/decide.ts does: a paused capture that is sent goes on to `processing`, and none
-- goes back to `offered`.
create or replace function capture_may_become(p_from text, p_to text) returns boolean language sql immutable as $$
  select p_from not in ('completed', 'failed', 'canceled', 'expired') and (
    p_from = p_to or p_to in ('failed', 'canceled', 'expired') or (p_from, p_to) in (
      ('created', 'offered'), ('created', 'suspended'), ('suspended', 'created'), ('offered', 'collecting'), ('offered', 'suspended'),
      ('offered', 'processing'), ('collecting', 'suspended'), ('suspended', 'collecting'), ('suspended', 'processing'),
      ('collecting', 'processing'), ('processing', 'completed'), ('collecting', 'completed'), ('offered', 'completed'),
      ('suspended', 'completed')))
$$;
