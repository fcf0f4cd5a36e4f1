//! The field's values, pure and always valid: what cannot be written down wrongly elsewhere.
//!
//! Every type here is made by parsing, compares by value and knows no clock, no network and no database. Beside them stand the
//! ways in which texts are written: hex, escapes, JSON, times; and SHA-256, the one digest that everybody takes.
//! [`Secret`], [`PasswordHash`] and [`TotpSecret`] are the exception to "compares by value": they have no `==` and no `Debug` on purpose.

mod account;
mod arn;
mod counted;
mod digest;
mod escapes;
mod federated_name;
mod hex;
mod instant;
mod json;
mod nearest;
mod network;
mod password;
mod person;
mod plain_path;
mod secret;
mod session_name;
mod session_tags;
mod source_identity;
mod totp;
mod unseen;
mod web_address;

pub use account::{AccountId, NotAnAccount};
pub use arn::{MfaSerial, NotAnArn, PolicyArn, ProviderArn, ProviderKind, RoleArn, UserArn};
pub use counted::counted;
pub use digest::{sha256, sha256_of_parts};
pub use escapes::{is_escaped, unescape};
pub use federated_name::{FederatedName, NotAFederatedName};
pub use hex::{hex, hex_digest, octet, uuid};
pub use instant::{
    LONGEST_CONSOLE_SESSION, MOST_CLOCK_SKEW, basic, in_utc, iso, iso_of, parse_basic, parse_xs_date_time, push_iso,
};
pub use json::push_escaped;
pub use nearest::nearest;
pub use network::{Network, NotANetwork};
pub use password::{NotAPasswordHash, PasswordCost, PasswordHash};
pub use person::{person, whose};
pub use plain_path::{NotPlain, PlainPath};
pub use secret::Secret;
pub use session_name::{NotASessionName, SessionName};
pub use session_tags::{NotSessionTags, SessionTag, SessionTags, is_key as is_tag_key};
pub use source_identity::{NotASourceIdentity, SourceIdentity};
pub use totp::{NotATotpSecret, TotpSecret};
pub use unseen::is_unseen;
pub use web_address::{has_safe_scheme, is_anonymous, is_localhost, may_be_asked};
