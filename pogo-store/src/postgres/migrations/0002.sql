-- The format of records: of a namespace that which its owner writes and the newest that its owner reads, and of each
-- who waits the newest that it reads.
ALTER TABLE namespaces ADD COLUMN format int NOT NULL DEFAULT 1;
ALTER TABLE namespaces ADD COLUMN reads int NOT NULL DEFAULT 1;
ALTER TABLE standbys ADD COLUMN reads int NOT NULL DEFAULT 1;

-- Jobs that are not over are found without reading those of years.
CREATE INDEX ON jobs (namespace, job) WHERE NOT retired;

-- The oldest version that can use tables of this one: whoever knows no newer ones goes on with them. A step after which
-- that is not so says it in its own row.
ALTER TABLE migrations ADD COLUMN oldest int NOT NULL DEFAULT 1;
