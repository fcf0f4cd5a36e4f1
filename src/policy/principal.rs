//! Who a trust policy speaks of, and who stands before it.

use crate::words::{AccountId, ProviderArn, RoleArn, SessionName, UserArn};

/// The proven identity that asks.
#[derive(Debug, Clone, Copy)]
pub enum Principal<'a> {
    /// A person or workload vouched for by an identity provider. `alias` is the provider's well-known name, as in
    /// `accounts.google.com`, where it has one.
    Federated { arn: &'a str, alias: Option<&'a str> },
    /// The owner of credentials: `arn` is a user's or a role session's, `role_arn` the session's role.
    Aws { arn: &'a str, role_arn: Option<&'a str>, account: &'a str },
    /// A service, as in `ec2.amazonaws.com`.
    Service { name: &'a str },
}

impl<'a> Principal<'a> {
    /// A provider by its ARN or by its well-known name.
    pub(super) fn federated(name: &'a str) -> Self {
        let issuer = name.split_once(":oidc-provider/").map_or(name, |(_, issuer)| issuer);
        Self::Federated { arn: name, alias: ALIASES.contains(&issuer).then_some(issuer) }
    }

    /// Whoever has this ARN, or whoever is of the account of which it is the root. `None` unless it is an ARN with an
    /// account.
    pub(super) fn aws(arn: &'a str) -> Option<Self> {
        let parts: Vec<&str> = arn.splitn(6, ':').collect();
        let ["arn", _, service, "", account, name] = parts[..] else { return None };
        account.parse::<AccountId>().ok()?;
        let role_arn = (service == "iam" && name.starts_with("role/")).then_some(arn);
        Some(Self::Aws { arn, role_arn, account })
    }
}

/// How a statement came to speak of the principal, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Via {
    /// Only its account was named: the account's own policies must allow as well.
    Account,
    /// Everybody was named.
    Anyone,
    /// The role was named whose session asks: what limits the session goes on to limit it.
    Role,
    /// The user, the session, the service or the provider itself was named.
    Named,
}

/// One entry of a Principal element.
#[derive(Debug, PartialEq)]
pub(super) enum PrincipalPattern {
    Anyone,
    Account(AccountId),
    User(UserArn),
    Role(RoleArn),
    /// `arn:aws:sts::<account>:assumed-role/<role>/<session>`.
    Session(Box<str>),
    Provider(ProviderArn),
    Alias(Box<str>),
    Service(Box<str>),
}

/// The providers that may be named without an ARN.
const ALIASES: [&str; 3] = ["accounts.google.com", "graph.facebook.com", "www.amazon.com"];

impl PrincipalPattern {
    /// An entry of type `AWS`.
    pub(super) fn aws(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Anyone);
        }
        let account = text.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root")).unwrap_or(text);
        if let Ok(account) = account.parse() {
            return Some(Self::Account(account));
        }
        if let Ok(user) = text.parse() {
            return Some(Self::User(user));
        }
        if let Ok(role) = text.parse() {
            return Some(Self::Role(role));
        }
        let (account, role, session) = assumed_role(text)?;
        let account: AccountId = account.parse().ok()?;
        let role_fits = format!("arn:aws:iam::{account}:role/{role}").parse::<RoleArn>().is_ok();
        let session_fits = session.parse::<SessionName>().is_ok();
        (role_fits && session_fits).then(|| Self::Session(text.into()))
    }

    /// An entry of type `Federated`.
    pub(super) fn federated(text: &str) -> Option<Self> {
        if ALIASES.contains(&text) {
            return Some(Self::Alias(text.into()));
        }
        text.parse().ok().map(Self::Provider)
    }

    /// An entry of type `Service`: a domain name.
    pub(super) fn service(text: &str) -> Option<Self> {
        let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        (text.contains('.') && text.len() <= 253 && text.split('.').all(label)).then(|| Self::Service(text.into()))
    }

    /// Neither `"*"` nor an account ever covers a federated principal or a service: these must be named.
    pub(super) fn matches(&self, principal: &Principal<'_>) -> Option<Via> {
        match *principal {
            Principal::Federated { arn, alias } => (self.names_provider(arn)
                || alias.is_some_and(|alias| self.names_provider(alias)))
            .then_some(Via::Named),
            Principal::Service { name } => {
                matches!(self, Self::Service(named) if **named == *name).then_some(Via::Named)
            }
            Principal::Aws { arn, role_arn, account } => match self {
                Self::Anyone => Some(Via::Anyone),
                Self::Account(named) => (named.as_str() == account).then_some(Via::Account),
                Self::User(user) => (user.as_str() == arn).then_some(Via::Named),
                Self::Session(session) => (**session == *arn).then_some(Via::Named),
                Self::Role(role) => wears(role, arn, role_arn).then_some(Via::Role),
                Self::Provider(_) | Self::Alias(_) | Self::Service(_) => None,
            },
        }
    }

    /// The provider that this entry names, if it names one.
    pub(super) fn as_provider(&self) -> Option<&str> {
        match self {
            Self::Provider(arn) => Some(arn.as_str()),
            Self::Alias(alias) => Some(alias),
            _ => None,
        }
    }

    /// Whether this entry names a provider by this ARN or well-known name.
    pub(super) fn names_provider(&self, arn_or_alias: &str) -> bool {
        match self {
            Self::Provider(arn) => arn.as_str() == arn_or_alias,
            Self::Alias(alias) => **alias == *arn_or_alias,
            _ => false,
        }
    }
}

/// A session's ARN has lost its role's path. Where the role itself is not known, account and name decide: a name
/// occurs once in an account, whatever the path.
fn wears(role: &RoleArn, arn: &str, role_arn: Option<&str>) -> bool {
    match role_arn {
        Some(worn) => role.as_str() == worn,
        None => assumed_role(arn)
            .is_some_and(|(account, name, _)| role.account().as_str() == account && role.name() == name),
    }
}

/// An assumed-role session ARN → account, role name, session name.
fn assumed_role(arn: &str) -> Option<(&str, &str, &str)> {
    let (account, rest) = arn.strip_prefix("arn:aws:sts::")?.split_once(':')?;
    let (role, session) = rest.strip_prefix("assumed-role/")?.split_once('/')?;
    Some((account, role, session))
}
