-- Requests that change something at an origin and couldn't be passed on, in the order in which they came, and
-- what became of them. State: 0 waits, 1 is parked, 2 is done. Turn: the order in which they go; one that was
-- parked gets a new one. Site: scheme and authority of the origin, to which alone it goes. Bytes: of the request while there is one, then of the answer.
create table forward (
  number bigint primary key,
  id uuid not null unique,
  origin varchar(63) not null,
  site varchar(1024) not null,
  idempotency_key varchar(255) not null,
  fingerprint binary(32) not null,
  lane binary(32) not null,
  order_key varchar(255) not null,
  turn bigint not null,
  method varchar(64) not null,
  target varchar(65536) not null,
  bytes bigint not null,
  accepted bigint not null,
  state tinyint not null,
  attempts int not null,
  errors int not null,
  unanswered int not null,
  error varchar(300),
  ended bigint,
  status int,
  unique (origin, idempotency_key)
);
create index forward_turn on forward (state, turn);
create index forward_ended on forward (state, ended);

-- Apart, so that a look at many doesn't read them. Field lines: name, colon, value, newline.
create table forward_request (
  number bigint primary key,
  fields varbinary(1048576) not null,
  body varbinary(67108864) not null
);

create table forward_answer (
  number bigint primary key,
  fields varbinary(1048576) not null,
  body varbinary(67108864) not null,
  whole boolean not null
);
