//! Condition keys of claims that nobody has who may come to a role: refused when the configuration is loaded. Such a key is
//! never there, so that a Deny on it denies nobody and a negated condition always holds; more likely it is a slip.

use super::Role;
use super::draft::{Draft, Objection, Placed};
use crate::policy::outlasts_the_token;
use crate::words::{AccountId, ProviderArn, nearest};
use std::collections::{BTreeSet, HashMap};

/// Issuers as condition keys begin with them, in lower case: also those of providers that are there but wrong in themselves.
pub(super) struct Issuers {
    of_accounts: HashMap<AccountId, BTreeSet<String>>,
    all: BTreeSet<String>,
}

impl Issuers {
    pub(super) fn of(draft: &Draft) -> Self {
        let unfinished = draft.unfinished.iter().filter_map(|arn| arn.parse::<ProviderArn>().ok());
        let arns = draft.providers.iter().map(|provider| provider.value.arn.clone()).chain(unfinished);
        let mut issuers = Self { of_accounts: HashMap::new(), all: BTreeSet::new() };
        for (account, issuer) in arns.filter_map(|arn| Some((arn.account(), arn.issuer()?.to_ascii_lowercase()))) {
            issuers.of_accounts.entry(account).or_default().insert(issuer.clone());
            issuers.all.insert(issuer);
        }
        issuers
    }

    /// Tokens are traded for a role within an account; but a session that was may come from every one, with what it keeps.
    fn has(&self, account: AccountId, issuer: &str, claim: &str) -> bool {
        self.of_accounts.get(&account).is_some_and(|issuers| issuers.contains(issuer))
            || (self.all.contains(issuer) && outlasts_the_token(issuer, claim))
    }
}

/// What the trust policy names as a principal has been judged as one.
pub(super) fn objections(role: &Placed<Role>, issuers: &Issuers) -> Vec<Objection> {
    let Role { arn, trust, .. } = &role.value;
    let account = arn.account();
    let principals: BTreeSet<String> = trust.federated_principals().map(as_issuer).collect();
    let is_known = |issuer: &str, claim: &str| principals.contains(issuer) || issuers.has(account, issuer, claim);
    let strange: BTreeSet<&str> = trust.reads_of_claims().filter(|key| !is_of(key, is_known)).collect();
    let object = |key: &str| {
        let (issuer, claim) = key.rsplit_once(':').unwrap_or((key, ""));
        let known = issuers.of_accounts.get(&account).into_iter().flatten().map(String::as_str);
        let hint = match nearest(issuer, known) {
            Some(near) => format!("did you mean \"{near}:{claim}\"?"),
            None => "such a key begins with a provider's issuer, without its scheme".to_owned(),
        };
        let sentence = format!("reads the condition key \"{key}\", which no provider of account {account} has; {hint}");
        Objection::at(&role.origin, "trust", sentence)
    };
    strange.into_iter().map(object).collect()
}

/// A principal's ARN or well-known name as its condition keys begin.
fn as_issuer(principal: &str) -> String {
    let arn = principal.parse::<ProviderArn>();
    arn.as_ref().ok().and_then(ProviderArn::issuer).unwrap_or(principal).to_ascii_lowercase()
}

/// Whether the key is of a claim of an issuer that is known. Either may have colons in it, and after the first of an issuer
/// comes its port.
fn is_of(key: &str, is_known: impl Fn(&str, &str) -> bool) -> bool {
    let begins_with_a_port = |rest: &str| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && rest[digits..].starts_with([':', '/'])
    };
    key.match_indices(':').any(|(at, _)| {
        let (issuer, claim) = (&key[..at], &key[at + 1..]);
        is_known(issuer, claim) && !begins_with_a_port(claim)
    })
}
