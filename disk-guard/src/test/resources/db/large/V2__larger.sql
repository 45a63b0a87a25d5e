alter table large add column added int default 7 not null;
update large set added = 8 where mod(id, 2) = 0;
create index large_added on large (added, id);
