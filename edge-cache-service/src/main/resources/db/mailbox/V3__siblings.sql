-- Who brought it is a part of a pile: the sender itself, or the relay that passed it.
create table pile_of_bringer (
  pile_no bigint primary key,
  sender binary(32) not null,
  pseudonym binary(32) not null,
  destination binary(32) not null,
  brought_by binary(32) not null,
  envelopes bigint not null,
  lapsed bigint not null,
  unique (sender, pseudonym, destination, brought_by)
);
insert into pile_of_bringer
  select pile_no, sender, pseudonym, destination, sender, envelopes, lapsed from pile;
drop table pile;
alter table pile_of_bringer rename to pile;
-- Envelopes in the order in which they are passed on. A table, as an index beside the others of envelope
-- would be taken for what it is worse for.
create table in_order (
  pseudonym binary(32) not null,
  destination binary(32) not null,
  number bigint not null,
  primary key (pseudonym, destination, number)
);
insert into in_order
  select p.pseudonym, p.destination, e.number from envelope e join pile p on p.pile_no = e.pile_no;

-- Those that another relay brought.
create table brought (
  relay binary(32) not null,
  number bigint not null,
  primary key (relay, number)
);

-- Envelopes that were here and are with their destination, so that they aren't taken again.
create table gone (
  id uuid primary key,
  forget_at bigint not null
);
create index gone_expiry on gone (forget_at);

-- The other relays of a space as a member named them last, and the passage with which this one arrives there.
create table sibling_space (
  pseudonym binary(32) primary key,
  passage binary(64) not null
);

create table sibling (
  pseudonym binary(32) not null,
  place tinyint not null,
  public_key binary(32) not null,
  addresses varchar(8192) not null,
  primary key (pseudonym, place)
);

-- Where members of a space come to: told by that relay, or by the node itself, which comes here.
create table coming (
  told_by binary(32) not null,
  pseudonym binary(32) not null,
  node binary(32) not null,
  hops tinyint not null,
  forget_at bigint not null,
  primary key (told_by, pseudonym, node)
);
create index coming_expiry on coming (forget_at);
