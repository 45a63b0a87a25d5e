-- The changes of a space's conflicts are numbered, so that they can be followed.
alter table conflict add column change_no bigint default 0 not null;
merge into conflict using (
  select id as noticed, row_number() over (partition by space_no order by detected_at, id) as place from conflict
) on id = noticed when matched then update set change_no = place;
create index conflict_change on conflict (space_no, change_no);
