-- When the store was put back, and when that state of it was copied. What was issued before it was put back is not believed.
CREATE TABLE restored (
    at   INTEGER NOT NULL PRIMARY KEY,
    made INTEGER NOT NULL
);
