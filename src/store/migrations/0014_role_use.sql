-- Which roles somebody has put on in the console, and when last: for the order in which they are offered, and for nothing
-- else. `person` is a keyed hash.
CREATE TABLE role_use (
    person BLOB NOT NULL,
    role TEXT NOT NULL,
    used INTEGER NOT NULL,
    PRIMARY KEY (person, role)
) WITHOUT ROWID;
CREATE INDEX role_use_by_time ON role_use (used);
