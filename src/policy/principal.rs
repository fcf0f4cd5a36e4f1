//! Who a trust policy speaks of, and who stands before it.

use crate::words::{AccountId, FederatedName, ProviderArn, RoleArn, SessionName, UserArn};
use std::fmt;

/// The proven identity that asks.
#[derive(Debug, Clone, Copy)]
pub enum Principal<'a> {
    /// A person or workload vouched for by an identity provider. `alias` is the provider's well-known name, as in
    /// `accounts.google.com`, where it has one.
    Federated { arn: &'a str, alias: Option<&'a str> },
    /// The owner of credentials: `arn` is a user's or a session's, `role_arn` the session's role, or the user who gave it to
    /// somebody. `provider` is the ARN of the one that the session began at, where a resource is asked: a role's trust policy
    /// speaks of a provider to let in those who come through it, and whoever wears a session is past that door.
    Aws { arn: &'a str, role_arn: Option<&'a str>, account: &'a str, provider: Option<&'a str> },
    /// A service, as in `ec2.amazonaws.com`.
    Service { name: &'a str },
}

impl<'a> Principal<'a> {
    /// A provider by its ARN or by its well-known name. `None` for what a policy could not name either.
    pub(super) fn federated(name: &'a str) -> Option<Self> {
        PrincipalPattern::federated(name)?;
        Some(Self::Federated { arn: name, alias: well_known(name) })
    }

    /// Whoever has this ARN, or whoever is of the account of which it is the root or the number. `None` for whom a policy
    /// could not name either, and for everybody.
    pub(super) fn aws(text: &'a str) -> Option<Self> {
        let role_arn = match PrincipalPattern::aws(text) {
            Some(PrincipalPattern::Anyone) => return None,
            Some(PrincipalPattern::Role(_)) => Some(text),
            Some(_) => None,
            // AWS gives no session a name of one letter, but tables of decisions are full of them.
            None => {
                let plain = as_ours(text)?;
                let [.., session] = assumed_role(&plain).filter(|[.., session]| session.len() == 1)?;
                PrincipalPattern::aws(&format!("{plain}{session}"))?;
                None
            }
        };
        Some(Self::Aws { arn: text, role_arn, account: text.split(':').nth(4).unwrap_or(text), provider: None })
    }

    pub(super) fn service(name: &'a str) -> Option<Self> {
        PrincipalPattern::service(name).map(|_| Self::Service { name })
    }
}

/// How a statement came to speak of the principal, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// Only its account was named: the account's own policies must allow as well.
    Account,
    /// Everybody was named.
    Anyone,
    /// The role was named whose session asks, the user who gave it away, or the provider that it began at: what limits the
    /// session goes on to limit it.
    Role,
    /// The user, the session, the service or the provider itself was named.
    Named,
}

/// One entry of a Principal element. ARNs are kept as they are written.
#[derive(Debug, PartialEq)]
pub(super) enum PrincipalPattern {
    Anyone,
    /// Written as a number alone, it is of whatever partition.
    Account {
        partition: Option<&'static str>,
        account: AccountId,
    },
    User(Box<str>),
    Role(Box<str>),
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`, or `arn:aws:sts::<account>:federated-user/<name>`.
    Session(Box<str>),
    Provider(Box<str>),
    Alias(Box<str>),
    Service(Box<str>),
}

/// The partitions of AWS that a question on paper may be about. What runs here is all of the first.
const PARTITIONS: [&str; 3] = [OURS, "aws-cn", "aws-us-gov"];
const OURS: &str = "aws";

/// The providers that may be named without an ARN.
const ALIASES: [&str; 4] =
    ["accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"];

impl PrincipalPattern {
    /// An entry of type `AWS`.
    pub(super) fn aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Anyone);
        }
        if let Ok(account) = text.parse() {
            return Some(Self::Account { partition: None, account });
        }
        let plain = as_ours(text)?;
        if let Some(account) = plain.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root")) {
            return Some(Self::Account { partition: partition(text), account: account.parse().ok()? });
        }
        if plain.parse::<UserArn>().is_ok() {
            return Some(Self::User(text.into()));
        }
        if plain.parse::<RoleArn>().is_ok() {
            return Some(Self::Role(text.into()));
        }
        if is_federated_user(&plain) {
            return Some(Self::Session(text.into()));
        }
        let [_, account, role, session] = assumed_role(&plain)?;
        let role_fits = format!("arn:aws:iam::{account}:role/{role}").parse::<RoleArn>().is_ok();
        let session_fits = session.parse::<SessionName>().is_ok();
        (role_fits && session_fits).then(|| Self::Session(text.into()))
    }

    /// An entry of type `Federated`.
    pub(super) fn federated(text: &str) -> Option<Self> {
        if ALIASES.contains(&text) {
            return Some(Self::Alias(text.into()));
        }
        as_ours(text)?.parse::<ProviderArn>().ok().map(|_| Self::Provider(text.into()))
    }

    /// An entry of type `Service`: a domain name.
    pub(super) fn service(text: &str) -> Option<Self> {
        let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (text.contains('.') && text.len() <= 253 && text.split('.').all(label)).then(|| Self::Service(text.into()))
    }

    /// `"*"` covers services as well; whoever comes through a provider must be named by it, and no account covers either.
    pub(super) fn matches(&self, principal: &Principal<'_>) -> Option<Via> {
        match *principal {
            Principal::Federated { arn, alias } => (self.names_provider(arn)
                || alias.is_some_and(|alias| self.names_provider(alias)))
            .then_some(Via::Named),
            Principal::Service { name } => match self {
                Self::Anyone => Some(Via::Anyone),
                Self::Service(named) => (**named == *name).then_some(Via::Named),
                _ => None,
            },
            Principal::Aws { arn, role_arn, account, provider } => match self {
                Self::Anyone => Some(Via::Anyone),
                Self::Account { partition: of, account: named } => {
                    let alike = of.zip(partition(arn)).is_none_or(|(of, theirs)| of == theirs);
                    (alike && named.as_str() == account).then_some(Via::Account)
                }
                Self::User(named) | Self::Session(named) if **named == *arn => Some(Via::Named),
                Self::User(giver) => (role_arn == Some(&**giver)).then_some(Via::Role),
                Self::Session(_) => None,
                Self::Role(role) => wears(role, arn, role_arn).then_some(Via::Role),
                Self::Provider(_) | Self::Alias(_) => {
                    let began_there = provider.is_some_and(|arn| {
                        self.names_provider(arn) || well_known(arn).is_some_and(|alias| self.names_provider(alias))
                    });
                    began_there.then_some(Via::Role)
                }
                Self::Service(_) => None,
            },
        }
    }

    /// The provider that this entry names, if it names one, by its ARN or well-known name.
    pub(super) fn as_provider(&self) -> Option<&str> {
        match self {
            Self::Provider(name) | Self::Alias(name) => Some(name),
            _ => None,
        }
    }

    /// Whether this entry names a provider by this ARN or well-known name.
    pub(super) fn names_provider(&self, arn_or_alias: &str) -> bool {
        self.as_provider() == Some(arn_or_alias)
    }
}

impl fmt::Display for PrincipalPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anyone => f.write_str("everybody with credentials"),
            Self::Account { account, .. } => write!(f, "account {account}"),
            Self::User(name)
            | Self::Role(name)
            | Self::Session(name)
            | Self::Provider(name)
            | Self::Alias(name)
            | Self::Service(name) => f.write_str(name),
        }
    }
}

/// The name without an ARN that means the provider with this ARN, or this name, too.
pub fn well_known(provider: &str) -> Option<&str> {
    let issuer = provider.split_once(":oidc-provider/").map_or(provider, |(_, issuer)| issuer);
    ALIASES.contains(&issuer).then_some(issuer)
}

/// The partition of an ARN that is not of ours: nothing here can ever be what it names.
pub(super) fn foreign_partition(text: &str) -> Option<&'static str> {
    partition(text).filter(|partition| *partition != OURS)
}

/// Whether the text names a session of GetFederationToken.
pub(super) fn is_federated_user(text: &str) -> bool {
    let name = || {
        let (_, rest) = text.strip_prefix("arn:")?.split_once(":sts::")?;
        let (account, rest) = rest.split_once(':')?;
        account.parse::<AccountId>().ok()?;
        rest.strip_prefix("federated-user/")?.parse::<FederatedName>().ok()
    };
    name().is_some()
}

/// `None` for what is no ARN, or of a partition that is not known.
fn partition(text: &str) -> Option<&'static str> {
    let (partition, _) = text.strip_prefix("arn:")?.split_once(':')?;
    PARTITIONS.into_iter().find(|known| *known == partition)
}

/// What a name may look like is the same in each partition.
fn as_ours(text: &str) -> Option<String> {
    partition(text).map(|partition| text.replacen(partition, OURS, 1))
}

/// A session's ARN has lost its role's path. Where the role itself is not known, partition, account and name decide: a
/// name occurs once in an account, whatever the path.
fn wears(role: &str, arn: &str, role_arn: Option<&str>) -> bool {
    match role_arn {
        Some(worn) => role == worn,
        None => assumed_role(arn).is_some_and(|[worn @ .., _]| pathless(role) == Some(worn)),
    }
}

/// A role's ARN → partition, account, name.
fn pathless(role: &str) -> Option<[&str; 3]> {
    let (partition, rest) = role.strip_prefix("arn:")?.split_once(":iam::")?;
    let (account, rest) = rest.split_once(':')?;
    Some([partition, account, rest.rsplit('/').next()?])
}

/// An assumed-role session ARN → partition, account, role name, session name.
fn assumed_role(arn: &str) -> Option<[&str; 4]> {
    let (partition, rest) = arn.strip_prefix("arn:")?.split_once(":sts::")?;
    let (account, rest) = rest.split_once(':')?;
    let (role, session) = rest.strip_prefix("assumed-role/")?.split_once('/')?;
    Some([partition, account, role, session])
}
