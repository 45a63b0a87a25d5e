-- The redo log that belongs to this database while it is open, and the last commit that these tables hold.
create table redo_log (
  id int primary key check (id = 1),
  log binary(16) not null,
  last_commit bigint not null
);
