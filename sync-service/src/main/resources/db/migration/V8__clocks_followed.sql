-- Whether a space's documents are folded as its documents of clocks say, which software before this may not have done.
alter table space add clocks_followed boolean default false not null;
