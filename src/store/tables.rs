//! Which tables there are, for whoever copies them.

use super::database::Sql;

/// Tables that others refer to come before those.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: &'static [&'static str],
    /// All rows, in the order of the key.
    pub(super) read: &'static str,
    insert: &'static str,
    pub(super) empty: &'static str,
}

impl Table {
    pub(super) fn insert(&self, rows: usize) -> Sql {
        Sql::with_rows(self.insert, 0, (rows, self.columns.len()), self.after())
    }

    /// Whoever has been barred since the copy was made stays barred.
    pub(super) fn stays(&self) -> bool {
        self.name == "barred_person"
    }

    fn after(&self) -> &'static str {
        if self.stays() { " ON CONFLICT DO NOTHING" } else { "" }
    }
}

macro_rules! table {
    ($name:literal, $key:literal, $first:literal $(, $column:literal)*) => {
        Table {
            name: $name,
            columns: &[$first $(, $column)*],
            read: concat!("SELECT ", $first $(, ", ", $column)*, " FROM ", $name, " ORDER BY ", $key),
            insert: concat!("INSERT INTO ", $name, " (", $first $(, ", ", $column)*, ") VALUES "),
            empty: concat!("DELETE FROM ", $name),
        }
    };
}

/// What is copied.
pub(super) const COPIED: &[Table] = &[
    table!("audit", "node, number", "node", "number", "at", "hash", "record"),
    table!("redemption", "issuer, paper", "issuer", "paper", "surface", "roles", "keep_until"),
    table!(
        "role_session",
        "access_key_id",
        "access_key_id",
        "role",
        "session_name",
        "issued",
        "expires",
        "person",
        "login",
        "principal",
        "provider",
        "subject",
        "parent",
        "paper",
        "paper_ends"
    ),
    table!("revocation", "number", "number", "access_key_id", "until"),
    table!("barred_paper", "paper", "paper", "until"),
    table!("barred_person", "subject, provider", "subject", "provider", "since"),
    table!("ended_login", "ordered, until", "person", "login", "ordered", "until"),
    table!("refusal", "source, provider, code, minute", "source", "provider", "code", "minute", "count"),
    table!("trace", "id", "id", "at", "what", "outcome", "code", "steps"),
    table!("decision", "mark", "mark", "person", "sealed", "last", "count"),
    table!("metadata", "name", "name", "document", "fetched"),
    table!("user_factor", "user_arn, factor", "user_arn", "factor", "wrong", "locked_until", "next_lock", "accepted"),
    table!("wrapped_key", "name", "name", "wrapped"),
    table!("key_ring", "number", "number", "kind", "id", "made", "active_from"),
    table!("restored", "at", "at", "made"),
];

/// What is not: which browsers are signed in, and who may, has ended by the time that a copy is put back; and whoever puts
/// it back is another node, with a chain of its own.
pub(super) const EMPTIED: [&str; 4] =
    ["DELETE FROM console_login", "DELETE FROM console_session", "DELETE FROM signin_token", "DELETE FROM node"];
