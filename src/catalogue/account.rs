use crate::words::AccountId;

/// A 12-digit account and what people call it.
pub struct Account {
    pub id: AccountId,
    pub alias: String,
}
