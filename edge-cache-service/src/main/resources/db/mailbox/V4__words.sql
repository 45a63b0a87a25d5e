-- How many records of the membership the member knew that named the relays, and until when its word stands
-- against one that knows less. A space of which members name no other relay has a row, too.
alter table sibling_space add column records bigint default 0 not null;
alter table sibling_space add column stands_until bigint default 0 not null;
