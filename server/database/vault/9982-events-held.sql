-- Reads the table once, while everybody reads and writes it.
alter table events validate constraint events_first;
