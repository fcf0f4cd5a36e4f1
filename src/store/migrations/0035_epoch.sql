-- Which run of numbers this is: none before the store was put back for the first time, then another one each time.
CREATE TABLE epoch (
    mark TEXT NOT NULL PRIMARY KEY
);
-- In a statement that the store was put back: when the copy was made.
ALTER TABLE audit_checkpoint ADD COLUMN made INTEGER;
