//! Questions on paper: who would somebody be with these claims, and what would a role say to them? The same code as for
//! those who come in person, but nothing is verified, and a grant that it comes to never leaves this file: nothing can
//! be minted from an answer.

use super::decision::conditions;
use super::identity::{TokenFacts, authenticated_at, condition_keys, context_class};
use super::offer::{admits, each_offer};
use super::{Asked, FederatedIdentity, Offer, Paper, Surroundings, TrustError, Worn, decide, unsettled};
use crate::catalogue::{Catalogue, Normalised, Provider, SamlProvider};
use crate::oidc::{OidcError, json_object};
use crate::saml::Attribute;
use crate::saml::aws::{self, AttributeError};
use crate::trace::{Refusal, Trace};
use crate::words::{RoleArn, iso};
use serde_json::{Map, Value};
use std::sync::Arc;

/// Claims that are written down, as strictly as those of a token: a member that is there twice could be read in two ways.
pub fn read_claims(text: &str) -> Result<Map<String, Value>, OidcError> {
    json_object(text.as_bytes(), "it")
}

/// Somebody whom the provider says these claims of, as if their paper had been verified: an assertion that is made out
/// to `recipient`, or a token. A SAML attribute may be written as one text instead of a list; `acr` and `auth_time` are
/// how and when the person authenticated. Fails when an AWS attribute or claim is not what it should be, and when no token
/// of the provider can have these claims.
pub fn suppose(
    claims: Map<String, Value>,
    provider: &Provider,
    recipient: &str,
) -> Result<FederatedIdentity, Box<dyn Refusal>> {
    match provider.saml() {
        Some(saml) => assertion(claims, provider, saml, recipient).map_err(|e| Box::new(e) as Box<dyn Refusal>),
        None => token(claims, provider).map_err(|e| Box::new(e) as Box<dyn Refusal>),
    }
}

/// Somebody whom a provider knows, or is supposed to know, to be told of. What is in here never comes out as an identity,
/// so nothing can be given to them.
pub struct OnPaper {
    provider: Arc<Provider>,
    identity: FederatedIdentity,
}

impl OnPaper {
    /// As a paper that was verified has it.
    pub fn of(provider: Arc<Provider>, identity: FederatedIdentity) -> Self {
        Self { provider, identity }
    }

    /// [`suppose`]
    pub fn supposed(
        claims: Map<String, Value>,
        provider: Arc<Provider>,
        recipient: &str,
    ) -> Result<Self, Box<dyn Refusal>> {
        suppose(claims, &provider, recipient).map(|identity| Self { provider, identity })
    }

    pub fn provider(&self) -> &Arc<Provider> {
        &self.provider
    }

    /// Empty if supposed claims name none.
    pub fn subject(&self) -> &str {
        &self.identity.subject
    }

    /// As they came.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.identity.claims
    }

    /// As rules read them.
    pub fn normalised(&self) -> Normalised<'_> {
        self.provider.normalisation.apply(&self.identity.claims)
    }

    /// What else is known of them, as far as it is.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let identity = &self.identity;
        let wanted = identity.console_duration().map(|it| format!("{} s", it.whole_seconds()));
        let all = [
            ("issuer", Some(identity.issuer.clone())),
            ("audience", Some(identity.audience.clone())),
            ("authenticated at", identity.authenticated_at.map(iso)),
            ("authentication context", Some(identity.authn_context.clone())),
            ("session of the identity provider ends", identity.ends.map(iso)),
            ("session duration that it asks for", wanted),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?))).collect()
    }

    /// What each role of the provider's account would say, or the one that is asked about.
    fn rulings(
        &self,
        catalogue: &Catalogue,
        role: Option<&RoleArn>,
        admission: Admission,
        around: &Surroundings,
        trace: &mut Trace,
    ) -> Vec<Ruling> {
        let here = |arn: &RoleArn| arn.account() == self.provider.account();
        let roles: Vec<RoleArn> = match role {
            Some(role) => [role.clone()].into_iter().filter(here).collect(),
            None => catalogue.roles().map(|role| role.arn.clone()).filter(here).collect(),
        };
        match admits(&self.provider) {
            Err(error) if admission == Admission::AsItIs => refused(&error, &roles),
            _ => rulings(catalogue, &self.provider, &self.identity, &roles, around, trace),
        }
    }
}

/// Whether a provider that is disabled lets anybody in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    AsItIs,
    /// What would be if it were not.
    Supposed,
}

/// What becomes of a paper, or of claims on paper: how it was looked at, whom it is about, and what each role says to them.
pub struct Explanation {
    pub trace: Trace,
    pub known: Vec<OnPaper>,
    /// Each with the place of whom it is about among those.
    pub rulings: Vec<(usize, Ruling)>,
}

impl Explanation {
    /// `trace` is how they came to be known, or not.
    pub fn of(
        known: Result<Vec<OnPaper>, Box<dyn Refusal>>,
        catalogue: &Catalogue,
        role: Option<&RoleArn>,
        admission: Admission,
        around: &Surroundings,
        mut trace: Trace,
    ) -> Self {
        let known = known.unwrap_or_else(|refusal| {
            trace.refuse(refusal.as_ref());
            Vec::new()
        });
        let mut rulings = Vec::new();
        for (place, known) in known.iter().enumerate() {
            let ruled = known.rulings(catalogue, role, admission, around, &mut trace);
            rulings.extend(ruled.into_iter().map(|ruling| (place, ruling)));
        }
        Self { trace, known, rulings }
    }

    pub fn is_allowed(&self) -> bool {
        self.rulings.iter().any(|(_, ruling)| ruling.verdict.is_ok())
    }
}

/// What a role says, asked for on its own as at the API.
pub struct Ruling {
    pub role: RoleArn,
    pub verdict: Result<Worn, TrustError>,
    /// The conditions of the statements that decided, if any did, each with both of its sides.
    pub conditions: Vec<String>,
    /// The condition keys that nobody knows on paper, if the verdict depends on any.
    pub depends_on: Vec<&'static str>,
}

impl Ruling {
    /// Whether the provider does not even offer the role.
    pub fn is_not_given(&self) -> bool {
        matches!(self.verdict, Err(TrustError::RoleNotGiven { .. } | TrustError::NoRoleGiven { .. }))
    }

    /// Why one request may be told something else than another, if it may.
    pub fn doubt(&self) -> Option<String> {
        let told = |key: &&'static str| match *key {
            unsettled::SESSION_NAME => "the session name that the caller sends",
            key => key,
        };
        let all: Vec<&str> = self.depends_on.iter().map(told).collect();
        (!all.is_empty()).then(|| format!("cannot be told on paper: it depends on {}", all.join(", ")))
    }

    fn refused(role: &RoleArn, error: TrustError) -> Self {
        Self { role: role.clone(), verdict: Err(error), conditions: Vec::new(), depends_on: Vec::new() }
    }
}

/// What each of these roles would say. At the API a token's bearer names the session; where nothing else does, a name
/// stands in.
fn rulings(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    roles: &[RoleArn],
    around: &Surroundings,
    trace: &mut Trace,
) -> Vec<Ruling> {
    let asked = |wish| roles.iter().map(move |role| Asked::Role(role, wish)).collect::<Vec<_>>();
    let mut offers = match each_offer(catalogue, provider, identity, &asked(None), around, trace) {
        Ok(offers) => offers,
        Err(error) => return refused(&error, roles),
    };
    let is_nameless = |offer: Option<&Result<Offer, TrustError>>| matches!(offer, Some(Err(TrustError::NamelessToken)));
    if roles.iter().any(|role| is_nameless(offers.get(role))) {
        trace.note("explain.session-name", "the caller chooses it; \"any-name\" stands in");
        let any_name = "any-name".parse().ok();
        let asked = asked(any_name.as_ref());
        let named = each_offer(catalogue, provider, identity, &asked, around, &mut Trace::new(""));
        for (role, offer) in named.into_iter().flatten() {
            if is_nameless(offers.get(&role)) {
                offers.insert(role, offer);
            }
        }
    }
    let mut rule = |role: &RoleArn| {
        let mut offer = match offers.remove(role)? {
            Ok(offer) => offer,
            Err(error) => return Some(Ruling::refused(role, error)),
        };
        unsettled::leave_unsaid(&mut offer, identity);
        let (conditions, depends_on) = (conditions(&offer), unsettled::keys(&offer, provider, identity, around));
        match decide(offer, trace).map(Worn::from).and_then(|worn| worn.unless_over(around.now)) {
            Err(TrustError::NothingLeft) => Some(Ruling::refused(role, TrustError::NothingLeft)),
            verdict => Some(Ruling { role: role.clone(), verdict, conditions, depends_on }),
        }
    };
    roles.iter().filter_map(&mut rule).collect()
}

fn refused(error: &TrustError, roles: &[RoleArn]) -> Vec<Ruling> {
    roles.iter().map(|role| Ruling::refused(role, error.clone())).collect()
}

/// [`rulings`] of one role.
pub fn ruling(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    role: &RoleArn,
    around: &Surroundings,
    trace: &mut Trace,
) -> Ruling {
    let only = rulings(catalogue, provider, identity, std::slice::from_ref(role), around, trace).pop();
    only.unwrap_or_else(|| Ruling::refused(role, TrustError::NoSuchRole { role: role.to_string() }))
}

fn assertion(
    mut claims: Map<String, Value>,
    provider: &Provider,
    saml: &SamlProvider,
    recipient: &str,
) -> Result<FederatedIdentity, AttributeError> {
    let (authenticated_at, authn_context) = (authenticated_at(&claims), context_class(&claims));
    for value in claims.values_mut().filter(|value| value.is_string()) {
        *value = Value::Array(vec![value.take()]);
    }
    let attributes: Vec<Attribute> = claims
        .iter()
        .map(|(name, value)| {
            let values = value.as_array().into_iter().flatten();
            Attribute { name: name.clone(), values: values.filter_map(Value::as_str).map(str::to_owned).collect() }
        })
        .collect();
    let values = |name: &str| attributes.iter().find(|a| a.name == name).map_or(&[][..], |a| &a.values);
    let subject = values(FederatedIdentity::NAME_ID).first().cloned().unwrap_or_default();
    // It has one name, and rules read that one.
    if let Some(written) = claims.get_mut(FederatedIdentity::NAME_ID).filter(|_| !subject.is_empty()) {
        *written = Value::Array(vec![subject.as_str().into()]);
    }
    let issuer = saml.metadata.entity_id().unwrap_or_default();
    let pairs = aws::roles(&attributes).pairs;
    Ok(FederatedIdentity {
        provider: provider.arn.clone(),
        subject,
        audience: recipient.to_owned(),
        tags: aws::session_tags(&attributes)?,
        source_identity: aws::source_identity(&attributes)?,
        paper: Paper::Assertion {
            id: String::new(),
            // Claims do not say in which form they speak of the subject.
            subject_type: String::new(),
            name_qualifier: aws::name_qualifier(&issuer, provider.account(), &provider.name),
            pairs: pairs.iter().map(|pair| (pair.role.to_string(), pair.provider.to_string())).collect(),
            session_names: values("https://aws.amazon.com/SAML/Attributes/RoleSessionName").to_vec(),
            session_duration: None,
            condition_keys: condition_keys(&attributes),
            login: None,
        },
        ends: None,
        authenticated_at,
        authn_context,
        issuer,
        claims,
    })
}

fn token(mut claims: Map<String, Value>, provider: &Provider) -> Result<FederatedIdentity, OidcError> {
    let (subject, audience, original_audience) = match provider.oidc().filter(|_| provider.social().is_none()) {
        Some(oidc) => oidc.relying_party.would_take(&mut claims)?,
        None => {
            let audience = one_of(&claims, ["azp", "aud", "app_id"])?;
            (one_of(&claims, ["sub", "id", "user_id"])?, audience, Vec::new())
        }
    };
    let issuer = provider.issuer().unwrap_or_default();
    let facts = TokenFacts { issuer, subject, audience };
    let paper = Paper::Token { digest: String::new(), original_audience };
    FederatedIdentity::of_claims(facts, claims, paper, provider)
}

/// What a social network's token says under one of these names: they differ by network, and by kind of token.
fn one_of(claims: &Map<String, Value>, names: [&'static str; 3]) -> Result<String, OidcError> {
    match names.into_iter().find_map(|name| Some((name, claims.get(name)?))) {
        Some((_, Value::String(text))) if !text.is_empty() => Ok(text.clone()),
        Some((claim, _)) => Err(OidcError::ClaimType { claim, wanted: "a string" }),
        None => Err(OidcError::MissingClaim { claim: names[0] }),
    }
}
