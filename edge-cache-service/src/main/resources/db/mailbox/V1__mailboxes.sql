-- The key that signs custody receipts. Mailboxes that were lost come back with another one.
create table mailboxes (
  id int primary key check (id = 1),
  seed binary(32) not null
);

-- What a sender has here for one destination, of one space; without envelopes where it wasn't told yet of
-- those that lapsed.
create table pile (
  pile_no bigint primary key,
  sender binary(32) not null,
  pseudonym binary(32) not null,
  destination binary(32) not null,
  envelopes bigint not null,
  lapsed bigint not null,
  unique (sender, pseudonym, destination)
);

-- Sums, so that a quota is looked up.
create table sender (
  node binary(32) primary key,
  piles int not null,
  bytes bigint not null
);

create table destination (
  node binary(32) primary key,
  envelopes bigint not null,
  bytes bigint not null
);

-- In the order in which they came; turn is 0 for the urgent, then 1 and 2.
create table envelope (
  number bigint primary key,
  id uuid not null unique,
  destination binary(32) not null,
  turn tinyint not null,
  pile_no bigint not null,
  bytes int not null,
  hash binary(32) not null,
  kept_at bigint not null,
  expires bigint not null
);
create index envelope_in_turn on envelope (destination, turn, number);
create index envelope_kept_last on envelope (destination, number desc);
create index envelope_expiry on envelope (expires);

-- Apart, so that a look at many envelopes doesn't read them.
create table sealed (
  number bigint primary key,
  envelope varbinary(20971520) not null
);
