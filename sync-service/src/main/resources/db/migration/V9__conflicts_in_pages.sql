-- Conflicts of one state are read a page at a time, in the order of their changes.
create index conflict_of_state on conflict (space_no, open, change_no);
drop index conflict_of_space;
