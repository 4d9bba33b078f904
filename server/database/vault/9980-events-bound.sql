-- What events has so far becomes its first part (n below a bound that is a million above what is drawn). Written as a check first, which
-- holds for new rows at once and locks nobody out; the next file holds it against those that are there, and the one after that
-- needs not look at them again.
do $$
begin
  execute format('alter table events add constraint events_first check (n < %s) not valid',
    ((select coalesce(max(n), 0) from events) + 1000000) / 5000000 * 5000000 + 5000000);
end $$;
