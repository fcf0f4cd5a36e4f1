//! Which tables there are, for whoever copies them: all that the database has, but for some.

use super::database::{Connection, DatabaseError, Sql};

pub(super) struct Table {
    pub(super) name: String,
    pub(super) columns: Vec<String>,
}

/// What is not copied: which browsers are signed in, and who may, has ended by the time that a copy is put back; whoever
/// puts it back is another node, with a chain of its own, and begins another epoch; and of which version a database is it
/// says itself.
const LEFT_OUT: [&str; 7] =
    ["console_login", "console_session", "signin_token", "node", "epoch", "migration", "_sqlx_migrations"];
/// Of those, what is emptied when a copy is put back, in this order.
pub(super) const EMPTIED: [&str; 5] = [
    "DELETE FROM console_login",
    "DELETE FROM console_session",
    "DELETE FROM signin_token",
    "DELETE FROM node",
    "DELETE FROM epoch",
];

impl Table {
    /// In an order in which those come first that others refer to.
    pub(super) async fn all(db: &mut Connection) -> Result<Vec<Self>, DatabaseError> {
        let mut tables: Vec<Self> = Vec::new();
        for row in db.columns().await? {
            let (name, column): (String, String) = (row.get(0)?, row.get(1)?);
            match tables.last_mut().filter(|last| last.name == name) {
                Some(last) => last.columns.push(column),
                None => tables.push(Self { name, columns: vec![column] }),
            }
        }
        tables.retain(|table| !LEFT_OUT.contains(&table.name.as_str()));
        Ok(tables)
    }

    pub(super) fn read(&self) -> Sql {
        Sql::select_all(&self.name, &self.columns)
    }

    pub(super) fn insert(&self, rows: usize) -> Sql {
        Sql::insert_rows(&self.name, &self.columns, rows, self.beside().unwrap_or_default())
    }

    pub(super) fn empty(&self) -> Sql {
        Sql::delete_all(&self.name)
    }

    /// Whether the rows that are there stay when a copy is put back.
    pub(super) fn stays(&self) -> bool {
        self.beside().is_some()
    }

    /// What becomes of a row of the copy beside one that has stayed. Whoever, and whatever paper, has been barred since the
    /// copy was made stays barred, and a factor that was locked stays locked: a restore is no way around either.
    fn beside(&self) -> Option<&'static str> {
        match &*self.name {
            "barred_person" | "barred_paper" => Some(" ON CONFLICT DO NOTHING"),
            "user_factor" => Some(
                " ON CONFLICT (user_arn, factor) DO UPDATE SET locked_until = excluded.locked_until, next_lock = excluded.next_lock
                 WHERE user_factor.locked_until < excluded.locked_until",
            ),
            _ => None,
        }
    }
}
