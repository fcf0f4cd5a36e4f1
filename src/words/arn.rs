//! The ARNs that Gatehouse reads and writes, each its own type so that one cannot stand for another.
//!
//! All are of the form `arn:aws:iam::<account>:<kind>/<rest>` and are kept as the text they came as; comparison is
//! exact and case-sensitive (threats of lenient ARN parsing: case, wildcards, dot segments).

use super::AccountId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// Why a text is not the ARN it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is not {wanted}")]
pub struct NotAnArn {
    pub text: String,
    pub wanted: &'static str,
}

macro_rules! arn {
    ($name:ident, $wanted:literal, $parse:expr) => {
        impl FromStr for $name {
            type Err = NotAnArn;
            fn from_str(text: &str) -> Result<Self, NotAnArn> {
                let refuse = || NotAnArn { text: text.chars().take(200).collect(), wanted: $wanted };
                let parse: fn(&str) -> Option<$name> = $parse;
                parse(text).ok_or_else(refuse)
            }
        }
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.text
            }
            pub fn account(&self) -> AccountId {
                self.account
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.text)
            }
        }
    };
}

/// `arn:aws:iam::111122223333:role/path/Name`; the name has at most 64 characters of `[\w+=,.@-]`, the path 512.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleArn {
    text: Arc<str>,
    account: AccountId,
    name_at: usize,
}

/// `arn:aws:iam::111122223333:user/path/name`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserArn {
    text: Arc<str>,
    account: AccountId,
    name_at: usize,
}

/// `arn:aws:iam::111122223333:policy/path/Name`, a managed policy.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PolicyArn {
    text: Arc<str>,
    account: AccountId,
}

/// `arn:aws:iam::111122223333:mfa/path/name`, a device.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MfaSerial {
    text: Arc<str>,
    account: AccountId,
}

/// `arn:aws:iam::111122223333:saml-provider/corp` or `…:oidc-provider/accounts.google.com`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProviderArn {
    text: Arc<str>,
    account: AccountId,
    kind: ProviderKind,
}

/// Which of the two families of identity providers an ARN names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ProviderKind {
    Saml,
    Oidc,
}

arn!(RoleArn, "a role ARN, as in \"arn:aws:iam::111122223333:role/Admin\"", |text| {
    let (account, name_at) = named(text, "role/")?;
    Some(RoleArn { text: text.into(), account, name_at })
});

arn!(UserArn, "a user ARN, as in \"arn:aws:iam::111122223333:user/ops\"", |text| {
    let (account, name_at) = named(text, "user/")?;
    Some(UserArn { text: text.into(), account, name_at })
});

arn!(PolicyArn, "a policy ARN, as in \"arn:aws:iam::111122223333:policy/ReadOnly\"", |text| {
    let (account, _) = named(text, "policy/")?;
    Some(PolicyArn { text: text.into(), account })
});

arn!(MfaSerial, "the serial of a device, as in \"arn:aws:iam::111122223333:mfa/ops\"", |text| {
    let (account, _) = named(text, "mfa/")?;
    Some(MfaSerial { text: text.into(), account })
});

arn!(ProviderArn, "a provider ARN, as in \"arn:aws:iam::111122223333:saml-provider/corp\"", |text| {
    let (account, resource) = iam(text)?;
    if let Some(name) = resource.strip_prefix("saml-provider/") {
        let fits = !name.is_empty() && name.len() <= 128 && name.bytes().all(|b| is_word(b) || b".-".contains(&b));
        return fits.then(|| ProviderArn { text: text.into(), account, kind: ProviderKind::Saml });
    }
    let host = resource.strip_prefix("oidc-provider/")?;
    let fits =
        !host.is_empty() && host.len() <= 255 && host.bytes().all(|b| b.is_ascii_graphic() && !b"*?,\"".contains(&b));
    fits.then(|| ProviderArn { text: text.into(), account, kind: ProviderKind::Oidc })
});

impl RoleArn {
    /// The account of the role of which a text is the ARN.
    pub fn account_in(text: &str) -> Option<AccountId> {
        named(text, "role/").map(|(account, _)| account)
    }

    /// The role's name without its path.
    pub fn name(&self) -> &str {
        &self.text[self.name_at..]
    }

    /// `arn:aws:sts::<account>:assumed-role/<name>/<session>`: AWS drops the role's path here.
    pub fn session(&self, session: &super::SessionName) -> String {
        ["arn:aws:sts::", self.account.as_str(), ":assumed-role/", self.name(), "/", session.as_str()].concat()
    }
}

impl UserArn {
    /// The user's name without its path.
    pub fn name(&self) -> &str {
        &self.text[self.name_at..]
    }
}

/// As its text.
impl Serialize for ProviderArn {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ProviderArn {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl ProviderArn {
    pub fn kind(&self) -> ProviderKind {
        self.kind
    }

    pub fn saml(account: AccountId, name: &str) -> Result<Self, NotAnArn> {
        format!("arn:aws:iam::{account}:saml-provider/{name}").parse()
    }

    /// `issuer` is the issuer URL without its scheme.
    pub fn oidc(account: AccountId, issuer: &str) -> Result<Self, NotAnArn> {
        format!("arn:aws:iam::{account}:oidc-provider/{issuer}").parse()
    }

    /// The issuer without its scheme; `None` of a SAML provider.
    pub fn issuer(&self) -> Option<&str> {
        Self::issuer_in(&self.text)
    }

    /// The same of a provider's ARN that is a text.
    pub fn issuer_in(arn: &str) -> Option<&str> {
        arn.split_once(":oidc-provider/").map(|(_, issuer)| issuer)
    }
}

fn iam(text: &str) -> Option<(AccountId, &str)> {
    let rest = text.strip_prefix("arn:aws:iam::")?;
    let (account, resource) = rest.split_once(':')?;
    Some((account.parse().ok()?, resource))
}

/// `<kind>/[path/]name` → the account and where the name begins.
fn named(text: &str, kind: &str) -> Option<(AccountId, usize)> {
    let (account, resource) = iam(text)?;
    let pathed = resource.strip_prefix(kind)?;
    let (path, name) = pathed.rsplit_once('/').map_or(("", pathed), |(path, name)| (path, name));
    let path_fits = path.len() <= 512
        && (path.is_empty() || path.split('/').all(|s| !s.is_empty() && s != "." && s != ".."))
        && path.bytes().all(|b| b.is_ascii_graphic() && !b"*?:\"".contains(&b));
    let name_fits = !name.is_empty() && name.len() <= 64 && name.bytes().all(|b| is_word(b) || b"+=,.@-".contains(&b));
    (path_fits && name_fits).then(|| (account, text.len() - name.len()))
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
