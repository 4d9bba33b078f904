-- The gateway's copy of the vault's event log. Positions are the sequencer's: without gaps that matter, in commit
-- order. The copy can be thrown away and followed again; the vault's log is the truth.

-- One row: which log is copied and up to where. `rewinds` counts how often a log came back shorter than it was (a
-- restore): it goes into every cursor, so that an old one is refused instead of skipping what came since.
create table followed_log (
  only_row boolean primary key default true check (only_row),
  log_id   text not null check (length(log_id) between 1 and 128),
  rewinds  integer not null default 0,
  position bigint not null default 0
);

create table events (
  position     bigint primary key,
  tenant       text not null,
  subject      text not null,
  sequence     integer not null check (sequence >= 1),
  type         text not null,
  conversation text,
  -- The capture that the event is about, or that the charge belongs to.
  capture      text,
  envelope     jsonb not null,
  unique (tenant, subject, sequence)
);
create index events_by_tenant on events (tenant, position);
create index events_by_conversation on events (tenant, conversation, position) where conversation is not null;
create index events_by_capture on events (tenant, capture, position) where capture is not null;

-- The last state of each capture and charge, for the snapshot that stands in for a cursor that is gone.
create table subjects (
  tenant       text not null,
  subject      text not null,
  conversation text,
  capture      text,
  sequence     integer not null,
  type         text not null,
  state        text,
  position     bigint not null,
  primary key (tenant, subject)
);
create index subjects_by_position on subjects (tenant, position desc);

revoke all on followed_log, events, subjects from public;
grant select, insert, update on followed_log to sallyport_gateway;
grant select, insert, delete on events to sallyport_gateway;
grant select, insert, update, delete on subjects to sallyport_gateway;
