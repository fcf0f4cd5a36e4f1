-- Signed statements about a chain: that it had come as far as this record ("end"), or that what was before and with this
-- record has been removed by retention ("begin").
CREATE TABLE audit_checkpoint (
    node      TEXT NOT NULL,
    kind      TEXT NOT NULL,
    number    INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    hash      BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (node, kind, number)
);

-- Which record gave which credentials. Written behind the records, a block of a chain at a time and each block once, so that
-- a grant pays for no index: a row holds those of one block whose access key ids fall into one bucket, sorted.
CREATE TABLE audit_who (
    node    TEXT NOT NULL,
    bucket  INTEGER NOT NULL,
    block   INTEGER NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (node, bucket, block)
);

-- How far the records of a chain have been sent somewhere.
CREATE TABLE audit_shipped (
    target TEXT NOT NULL,
    node   TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (target, node)
);
