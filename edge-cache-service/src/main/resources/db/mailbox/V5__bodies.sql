-- What several envelopes have in common, by its hash: here as long as one of them is.
create table body (
  hash binary(32) primary key,
  envelopes int not null,
  bytes int not null
);

-- Apart, so that counting doesn't write it again.
create table body_content (
  hash binary(32) primary key,
  content varbinary(20971520) not null
);

alter table envelope add column body binary(32);
