create table peer (
  node varchar(52) primary key,
  name varchar(256) not null,
  addresses varchar(4096) not null,
  link_on boolean not null,
  paired_at timestamp(6) with time zone not null,
  last_seen timestamp(6) with time zone,
  clock_offset_millis bigint
);

create table lane (
  node varchar(52) primary key references peer,
  state varchar(16) not null,
  attempts int not null,
  next_attempt timestamp(6) with time zone,
  last_error varchar(1024)
);

create table invitation (
  id varchar(26) primary key,
  secret binary(16) not null,
  grants varchar(8192) not null,
  expires_at timestamp(6) with time zone not null,
  uses_left int not null
);

create table statement (
  space_no int not null,
  node binary(32) not null,
  statement varbinary(1048576) not null,
  signature binary(64) not null,
  via varchar(52),
  primary key (space_no, node)
);
