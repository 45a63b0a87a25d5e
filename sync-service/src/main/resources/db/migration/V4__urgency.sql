-- The last urgent entry of a space, and the last that is not bulk, as of node.chains_position.
alter table space add urgent_position bigint default 0 not null;
alter table space add normal_position bigint default 0 not null;
