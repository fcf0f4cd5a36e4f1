-- Questions that were decided, kept to be put to a planned configuration. `mark` and `person` are keyed hashes of the question
-- and of who asked it; the question is sealed. Asked again it is the same row: how often, and when last.
CREATE TABLE decision (
    mark   BLOB NOT NULL PRIMARY KEY,
    person BLOB NOT NULL,
    sealed BLOB NOT NULL,
    last   INTEGER NOT NULL,
    count  INTEGER NOT NULL
);
CREATE INDEX decision_by_person ON decision (person, last);
CREATE INDEX decision_by_time ON decision (last);
