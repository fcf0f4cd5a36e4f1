//! Somebody's claims as the provider's expressions read them: normalised, where the provider says so. Condition keys of
//! trust policies are AWS's, and stay as the provider sent them.

use super::FederatedIdentity;
use crate::catalogue::expression::{MOST_STEPS, Scope, Value, Work};
use crate::catalogue::{Catalogue, Expression, Normalised, Provider};
use crate::trace::Trace;
use serde_json::{Map, Value as Json};

pub(super) struct Reading<'a> {
    pub(super) provider: &'a Provider,
    pub(super) identity: &'a FederatedIdentity,
    normalised: Normalised<'a>,
}

impl<'a> Reading<'a> {
    pub(super) fn of(provider: &'a Provider, identity: &'a FederatedIdentity) -> Self {
        Self { provider, identity, normalised: provider.normalisation.apply(&identity.claims) }
    }

    pub(super) fn claims(&self) -> &Map<String, Json> {
        &self.normalised.claims
    }

    /// What an expression of the provider comes to; it takes of the steps that are `left`. One that may read a claim that
    /// could not be brought into its form has failed: what such a claim says is unknown, not nothing.
    pub(super) fn evaluate<'e>(&'e self, expression: &'e Expression, left: &mut u64) -> Result<Value<'e>, String> {
        let unreadable = self.normalised.unreadable.iter().find(|(claim, _)| expression.mentions(claim));
        if let Some((_, why)) = unreadable {
            return Err(why.clone());
        }
        let scope = Scope {
            claims: &self.normalised.claims,
            absent_is_empty: self.provider.saml().is_some(),
            provider: &self.provider.name,
            account: self.provider.account(),
            authn_context: &self.identity.authn_context,
        };
        let mut work = Work::at_most(MOST_STEPS.min(*left));
        let value = expression.evaluate(scope, &mut work).map_err(|fault| fault.to_string());
        *left -= work.spent();
        value
    }

    /// Whether an expression that asks one question holds.
    pub(super) fn holds(&self, expression: &Expression) -> Result<bool, String> {
        match self.evaluate(expression, &mut MOST_STEPS.clone())? {
            Value::Bool(holds) => Ok(holds),
            other => Err(format!("it comes to {}, not to true or false", other.kind())),
        }
    }

    /// The places of the rules that may match, or fail.
    pub(super) fn candidates(&self) -> Vec<usize> {
        let absent_is_empty = self.provider.saml().is_some();
        self.provider.rule_index.candidates(|claim| match self.normalised.claims.get(claim) {
            Some(value) => Some(value),
            None if absent_is_empty && !self.normalised.unreadable.contains_key(claim) => Some(&EMPTY),
            None => None,
        })
    }

    /// Each claim that was brought into another form and that somebody reads, before and after.
    pub(super) fn note(&self, catalogue: &Catalogue, trace: &mut Trace) {
        let normalisation = &self.provider.normalisation;
        for claim in normalisation.claims().filter(|claim| catalogue.rules_read(self.provider, claim)) {
            let Some(before) = self.identity.claims.get(claim).map(told) else { continue };
            let after = match (self.normalised.claims.get(claim), self.normalised.unreadable.get(claim)) {
                (Some(after), _) => told(after),
                (None, why) => format!("nothing that can be read: {}", why.map_or("", String::as_str)),
            };
            trace.note(format!("claims.{claim}"), format!("{before} is read as {after}"));
        }
    }
}

static EMPTY: Json = Json::Array(Vec::new());

/// As much as fits beside the other form.
fn told(value: &Json) -> String {
    const MOST: usize = 120;
    let items = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
    let texts: Vec<String> = items.iter().take(10).map(Json::to_string).collect();
    let text = texts.join(", ");
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None if items.len() > 10 => format!("{text}… ({} values)", items.len()),
        None if items.is_empty() => "no value".to_owned(),
        None => text,
    }
}
