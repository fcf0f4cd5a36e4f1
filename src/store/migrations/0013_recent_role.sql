-- Which roles somebody switched to before: one row for each person who ever did, under a keyed hash of who it is, and
-- sealed.
CREATE TABLE recent_role (
    person BLOB NOT NULL PRIMARY KEY,
    sealed BLOB NOT NULL,
    used   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX recent_role_by_use ON recent_role (used);
