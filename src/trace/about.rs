//! Whom a request is about, as far as that came to be known: by this people look for its record, and it says whose
//! accounts' it is.

/// Nothing of it is told by a stranger but which provider they claim to come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    pub accounts: Vec<String>,
    /// The ARN of the identity provider; of several registrations of one, of the first.
    pub provider: String,
    /// What the identity provider calls them, or their ARN.
    pub subject: String,
    /// A user's ARN, or registrations and subject digested; empty of anybody else.
    pub whose: String,
    /// The marks of the questions that were decided, 32 bytes each.
    pub decisions: Vec<u8>,
}

/// A record is shown in no more accounts than this, so that it costs no more than that.
const MOST_ACCOUNTS: usize = 64;

impl About {
    pub fn account(&mut self, account: &str) {
        if self.accounts.len() < MOST_ACCOUNTS && !self.accounts.iter().any(|known| known == account) {
            self.accounts.push(account.to_owned());
        }
    }

    /// A registration that the request names, or that its paper may be of.
    pub fn provider(&mut self, arn: &str, account: &str) {
        self.account(account);
        if self.provider.is_empty() {
            self.provider = arn.to_owned();
        }
    }

    /// Forgets which registrations its paper may have been of, now that it is known of which it is: whoever holds another
    /// key has only the identity provider's name in common with them, which anybody may register.
    pub fn forget_providers(&mut self) {
        self.accounts.clear();
        self.provider.clear();
    }

    /// A question that was decided, by which it can be found.
    pub fn decided(&mut self, mark: &[u8; 32]) {
        if self.decisions.len() < 32 * MOST_ACCOUNTS {
            self.decisions.extend(mark);
        }
    }

    /// Whoever has shown who they are.
    pub fn person(&mut self, subject: impl Into<String>, whose: impl Into<String>) {
        (self.subject, self.whose) = (subject.into(), whose.into());
    }
}
