-- What has been tried of a user's factors ("totp", "password"): one row for each that was ever used, so no more of them
-- than there are users.
CREATE TABLE user_factor (
    user_arn     TEXT NOT NULL,
    factor       TEXT NOT NULL,
    -- Wrong attempts in a row, since the last lock.
    wrong        INTEGER NOT NULL DEFAULT 0,
    locked_until INTEGER NOT NULL DEFAULT 0,
    -- How long the next lock lasts, in seconds.
    next_lock    INTEGER NOT NULL DEFAULT 60,
    -- The greatest time step whose code was accepted.
    accepted     INTEGER,
    PRIMARY KEY (user_arn, factor)
) WITHOUT ROWID;
