-- How many cards were tried of late: the rows of rate-limiter-flexible, whose columns these are. Keys are keyed hashes that intake
-- makes (of an address, of the first six digits at a tenant, of a fingerprint), so that nobody who reads them finds a card or a
-- person. Unlogged: a budget that starts anew after a crash of the database is no loss, and none of it is in a backup.
create unlogged table card_budgets (
  key varchar(255) primary key,
  points integer not null default 0,
  expire bigint
) with (fillfactor = 70);
create index card_budgets_expire on card_budgets (expire);

grant select, insert, update, delete on card_budgets to sallyport_intake;
