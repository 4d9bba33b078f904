-- Reads the table once, while everybody reads and writes it.
alter table audit validate constraint audit_first;
