//! Condition keys of claims that nobody in the account has: refused when the configuration is loaded. Such a key is never
//! there, so that a Deny on it denies nobody and a negated condition always holds; more likely it is a slip.

use super::Role;
use super::draft::{Draft, Objection, Placed};
use crate::words::{AccountId, ProviderArn, nearest};
use std::collections::{BTreeSet, HashMap};

/// The issuers of each account as condition keys begin with them, in lower case: also those of providers that are there but
/// wrong in themselves.
pub(super) fn issuers(draft: &Draft) -> HashMap<AccountId, BTreeSet<String>> {
    let unfinished = draft.unfinished.iter().filter_map(|arn| arn.parse::<ProviderArn>().ok());
    let mut issuers = HashMap::<AccountId, BTreeSet<String>>::new();
    for arn in draft.providers.iter().map(|provider| provider.value.arn.clone()).chain(unfinished) {
        let issuer = arn.issuer().map(str::to_ascii_lowercase);
        issuers.entry(arn.account()).or_default().extend(issuer);
    }
    issuers
}

/// `issuers` are those of the role's account. What the trust policy names as a principal has been judged as one.
pub(super) fn objections(role: &Placed<Role>, issuers: Option<&BTreeSet<String>>) -> Vec<Objection> {
    let Role { arn, trust, .. } = &role.value;
    let principals: BTreeSet<String> = trust.federated_principals().map(as_issuer).collect();
    let is_known =
        |issuer: &str| principals.contains(issuer) || issuers.is_some_and(|issuers| issuers.contains(issuer));
    let strange: BTreeSet<&str> = trust.reads_of_claims().filter(|key| !is_of(key, is_known)).collect();
    let object = |key: &str| {
        let (issuer, claim) = key.rsplit_once(':').unwrap_or((key, ""));
        let known = issuers.into_iter().flatten().map(String::as_str);
        let hint = match nearest(issuer, known) {
            Some(near) => format!("did you mean \"{near}:{claim}\"?"),
            None => "such a key begins with a provider's issuer, without its scheme".to_owned(),
        };
        let account = arn.account();
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
fn is_of(key: &str, is_known: impl Fn(&str) -> bool) -> bool {
    let begins_with_a_port = |rest: &str| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        digits > 0 && rest[digits..].starts_with([':', '/'])
    };
    key.match_indices(':').any(|(at, _)| is_known(&key[..at]) && !begins_with_a_port(&key[at + 1..]))
}
