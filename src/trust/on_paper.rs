//! Questions on paper: who would somebody be with these claims, and what would a role say to them? The same code as for
//! those who come in person, but nothing is verified, and a grant that it comes to never leaves this file: nothing can
//! be minted from an answer.

use super::decision::conditions;
use super::identity::{TokenFacts, authenticated_at, condition_keys, context_class};
use super::offer::each_offer;
use super::{FederatedIdentity, Offer, Paper, Surroundings, TrustError, Worn, decide};
use crate::catalogue::{Catalogue, Provider, SamlProvider};
use crate::oidc::OidcError;
use crate::saml::Attribute;
use crate::saml::aws::{self, AttributeError};
use crate::trace::{Refusal, Trace};
use crate::words::RoleArn;
use serde_json::{Map, Value};

/// Somebody whom the provider says these claims of, as if their paper had been verified: an assertion that is made out
/// to `recipient`, or a token. A SAML attribute may be written as one text instead of a list; `acr` and `auth_time` are
/// how and when the person authenticated. Fails when an AWS attribute or claim is not what it should be.
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

/// What a role says, asked for on its own as at the API.
pub struct Ruling {
    pub role: RoleArn,
    pub verdict: Result<Worn, TrustError>,
    /// The conditions of the statements that decided, if any did, each with both of its sides.
    pub conditions: Vec<String>,
}

/// What each of these roles would say. At the API a token's bearer names the session; where nothing else does, a name
/// stands in.
pub fn rulings(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    roles: &[RoleArn],
    around: &Surroundings,
    trace: &mut Trace,
) -> Vec<Ruling> {
    let mut offers = match each_offer(catalogue, provider, identity, roles, None, around, trace) {
        Ok(offers) => offers,
        Err(error) => {
            let refused =
                |role: &RoleArn| Ruling { role: role.clone(), verdict: Err(error.clone()), conditions: Vec::new() };
            return roles.iter().map(refused).collect();
        }
    };
    let is_nameless = |offer: Option<&Result<Offer, TrustError>>| matches!(offer, Some(Err(TrustError::NoSessionName)));
    if provider.saml().is_none() && roles.iter().any(|role| is_nameless(offers.get(role))) {
        trace.note("explain.session-name", "the caller chooses it; \"any-name\" stands in");
        let any_name = "any-name".parse().ok();
        let named = each_offer(catalogue, provider, identity, roles, any_name.as_ref(), around, &mut Trace::new(""));
        for (role, offer) in named.into_iter().flatten() {
            if is_nameless(offers.get(&role)) {
                offers.insert(role, offer);
            }
        }
    }
    let mut rule = |role: &RoleArn| {
        let (verdict, conditions) = match offers.remove(role)? {
            Ok(offer) => {
                let conditions = conditions(&offer);
                (decide(offer, trace).map(Worn::from), conditions)
            }
            Err(error) => (Err(error), Vec::new()),
        };
        Some(Ruling { role: role.clone(), verdict, conditions })
    };
    roles.iter().filter_map(&mut rule).collect()
}

/// [`rulings`] of one role.
pub fn ruling(
    catalogue: &Catalogue,
    provider: &Provider,
    identity: &FederatedIdentity,
    role: &RoleArn,
    around: &Surroundings,
    trace: &mut Trace,
) -> Result<Worn, TrustError> {
    let only = rulings(catalogue, provider, identity, std::slice::from_ref(role), around, trace).pop();
    only.map_or_else(|| Err(TrustError::NoSuchRole { role: role.to_string() }), |ruling| ruling.verdict)
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
    let issuer = saml.metadata.entity_id().unwrap_or_default();
    let pairs = aws::roles(&attributes).pairs;
    Ok(FederatedIdentity {
        provider: provider.arn.to_string(),
        subject: values("name_id").first().cloned().unwrap_or_default(),
        audience: recipient.to_owned(),
        tags: aws::session_tags(&attributes)?,
        source_identity: aws::source_identity(&attributes)?,
        paper: Paper::Assertion {
            id: String::new(),
            subject_type: "persistent".into(),
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

fn token(claims: Map<String, Value>, provider: &Provider) -> Result<FederatedIdentity, OidcError> {
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let first = |names: &[&str]| names.iter().find(|name| claims.contains_key(**name)).map(|name| text(name));
    let subject = first(&["sub", "id", "user_id"]).unwrap_or_default();
    let audiences: Vec<String> = match claims.get("aud") {
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        aud => aud.and_then(Value::as_str).map(str::to_owned).into_iter().collect(),
    };
    let (audience, original_audience) = match first(&["azp"]) {
        Some(party) => (party, audiences),
        None => (audiences.into_iter().next().or_else(|| first(&["app_id"])).unwrap_or_default(), Vec::new()),
    };
    let named = first(&["iss"]).filter(|_| provider.social().is_none());
    let issuer = named.or_else(|| provider.issuer()).unwrap_or_default();
    let facts = TokenFacts { issuer, subject: &subject, audience: &audience };
    let paper = Paper::Token { digest: String::new(), original_audience };
    FederatedIdentity::of_claims(facts, claims.clone(), paper, provider)
}
