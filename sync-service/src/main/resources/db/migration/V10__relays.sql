-- Up to where relays have what members lack: the log position, and what the relay signed last.
create table custody (
  way varchar(158) primary key,
  self varchar(26) not null,
  life varchar(26),
  mailboxes binary(32) not null,
  up_to bigint not null,
  signed_at timestamp(6) with time zone not null,
  receipt varbinary(1024) not null,
  signature binary(64) not null
);

-- The spaces for whose members this node is a relay.
create table relay_duty (
  pseudonym varchar(52) primary key,
  passage_key binary(32) not null
);
