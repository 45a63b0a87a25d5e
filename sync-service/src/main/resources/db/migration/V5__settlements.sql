-- What was done with a dead letter is a document of its space.
alter table dead_letter drop column state;
alter table dead_letter drop column dropped_at;
