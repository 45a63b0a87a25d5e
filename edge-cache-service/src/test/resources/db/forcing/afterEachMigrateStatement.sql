-- Found by tests that look for migrations in all of db: the power may fail between any two statements.
checkpoint sync;
