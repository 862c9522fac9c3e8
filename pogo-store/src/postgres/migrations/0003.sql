-- Those who follow a namespace are listed with those who wait, and never take over. A version that does not know the
-- column takes them for some who wait, and writes nothing that they do not read.
ALTER TABLE standbys ADD COLUMN follows boolean NOT NULL DEFAULT false;
