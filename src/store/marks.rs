//! By what an audit record is found.
//!
//! A record has a few marks, each the digest of something that people look for, so that one tree finds it by all of them
//! and nothing that was looked for is guessed at: what is found by a mark is that, whole and to the letter.

use super::AuditRecord;
use crate::words::whose;
use aws_lc_rs::digest::{Context, SHA256};
use serde_json::Value;

/// Something that is looked for; all but the last within an account.
#[derive(Clone, Copy)]
pub enum Sought<'a> {
    Everything {
        account: &'a str,
    },
    Event {
        account: &'a str,
        name: &'a str,
    },
    Refusals {
        account: &'a str,
    },
    /// An ARN, or what an identity provider calls them.
    Principal {
        account: &'a str,
        name: &'a str,
    },
    /// An access key id, of whoever asked or of what they were given.
    Key {
        account: &'a str,
        id: &'a str,
    },
    /// Everything of one person, in whichever account and role, by all that is theirs.
    Whose(&'a [String]),
}

/// 128 bits: nobody makes something else that has the mark of another account's.
pub(super) type Mark = [u8; 16];

/// Who is behind a record, as far as it tells.
pub(super) enum Behind<'a> {
    Known(String),
    /// Whoever's the session of this access key id is.
    Session(&'a str),
    Nobody,
}

impl Sought<'_> {
    /// No record has two of them.
    pub(super) fn marks(self) -> Vec<Mark> {
        vec![match self {
            Self::Everything { account } => mark(["everything", account, ""]),
            Self::Event { account, name } => mark(["event", account, name]),
            Self::Refusals { account } => mark(["refusals", account, ""]),
            Self::Principal { account, name } => mark(["principal", account, name]),
            Self::Key { account, id } => mark(["key", account, id]),
            Self::Whose(all) => return all.iter().map(|whose| mark_of(whose)).collect(),
        }]
    }
}

fn mark_of(whose: &str) -> Mark {
    mark(["whose", whose, ""])
}

fn mark(parts: [&str; 3]) -> Mark {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&(part.len() as u64).to_be_bytes());
        context.update(part.as_bytes());
    }
    *context.finish().as_ref().first_chunk().expect("SHA-256 has 32 bytes")
}

impl AuditRecord {
    /// All marks of the record that is this person's.
    pub(super) fn marks(&self, whose: Option<&str>) -> Vec<Mark> {
        let (who, led_to) = (self.who(), &self.record["userIdentity"]);
        let name = self.record["eventName"].as_str().unwrap_or_default();
        let keys = [&who["accessKeyId"], &self.record["accessKeyId"]].into_iter().filter_map(Value::as_str);
        let principals = [&who["arn"], &who["userName"], &led_to["arn"]].into_iter().filter_map(Value::as_str);
        let mut marks: Vec<Mark> = whose.map(mark_of).into_iter().collect();
        for account in self.accounts().into_iter().flatten() {
            marks.extend(Sought::Everything { account }.marks());
            marks.extend(Sought::Event { account, name }.marks());
            marks.extend(
                self.record["errorCode"]
                    .is_string()
                    .then(|| Sought::Refusals { account }.marks())
                    .into_iter()
                    .flatten(),
            );
            marks.extend(keys.clone().flat_map(|id| Sought::Key { account, id }.marks()));
            marks.extend(principals.clone().flat_map(|name| Sought::Principal { account, name }.marks()));
        }
        marks.sort_unstable();
        marks.dedup();
        marks
    }

    pub(super) fn behind(&self) -> Behind<'_> {
        let text = |name: &str| self.who()[name].as_str();
        match text("type").unwrap_or_default() {
            "SAMLUser" | "WebIdentityUser" => text("providerArn")
                .zip(text("userName"))
                .map_or(Behind::Nobody, |(arn, s)| Behind::Known(whose([arn], s))),
            "IAMUser" => text("arn").map_or(Behind::Nobody, |arn| Behind::Known(arn.to_owned())),
            "AssumedRole" | "FederatedUser" => text("accessKeyId").map_or(Behind::Nobody, Behind::Session),
            _ => Behind::Nobody,
        }
    }

    /// Who did it. Of a switch CloudTrail's member tells where it led to; whoever switched stands beside it.
    fn who(&self) -> &Value {
        let switched = &self.record["additionalEventData"]["switchedBy"];
        if switched.is_object() { switched } else { &self.record["userIdentity"] }
    }

    /// Whose account it is that the principal is of; and that of the role that was given. Whoever was refused another
    /// account's role has come no nearer to that account than anybody.
    fn accounts(&self) -> [Option<&str>; 2] {
        let (who, asked, given) = (self.who(), &self.record["requestParameters"], &self.record["responseElements"]);
        let own = who["accountId"].as_str().filter(|account| is_account(account));
        let named = [
            &who["providerArn"],
            &who["identityProvider"],
            &who["arn"],
            &asked["role"],
            &asked["principal"],
            &asked["provider"],
        ];
        let own = own.or_else(|| named.into_iter().find_map(|arn| account_of(arn.as_str()?)));
        let given = [&given["assumedRole"], &given["assumedRoleUser"]["arn"]];
        let given = given.into_iter().find_map(|arn| account_of(arn.as_str()?));
        [own, given.filter(|given| own != Some(given))]
    }
}

/// The account in an ARN.
pub(super) fn account_of(arn: &str) -> Option<&str> {
    arn.strip_prefix("arn:aws:")?.split(':').nth(2).filter(|account| is_account(account))
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
