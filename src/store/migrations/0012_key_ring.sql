-- Which keys of the house there are, in a ring for each kind, numbered in the order in which they come into use. The keys
-- themselves lie elsewhere, under names that are made of the id. `active_from` is when a key comes into use; without it, it
-- waits to be told.
CREATE TABLE key_ring (
    number      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind        TEXT NOT NULL,
    id          TEXT NOT NULL,
    made        INTEGER NOT NULL,
    active_from INTEGER,
    UNIQUE (kind, id)
);
