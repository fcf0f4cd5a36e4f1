-- The last good metadata of each identity provider that is followed by URL, as it came. It is read again, and its
-- signature verified again, before it serves.
CREATE TABLE metadata (
    name     TEXT NOT NULL PRIMARY KEY,
    document TEXT NOT NULL,
    fetched  INTEGER NOT NULL
);
