-- Reads both tables once, while everybody reads and writes them.
alter table events validate constraint events_first;
alter table audit validate constraint audit_first;
