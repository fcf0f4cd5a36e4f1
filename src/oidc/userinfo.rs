//! The UserInfo endpoint (OpenID Connect Core 1.0 §5.3): claims that a provider keeps out of its ID tokens.
//!
//! Nobody has signed them. They are believed because the provider's own endpoint gives them for the access token that came
//! with the ID token, and only of that token's subject (§5.3.2). So they add to a verified token and change nothing in it.
//! What the token alone can speak of is not taken from here: whom it is for, when and how the person authenticated, in
//! which session, and the claims that AWS reads.

use super::{Discovery, OidcError, RelyingParty, VerifiedToken, json};
use crate::outbound::Bounds;
use crate::trace::Trace;
use crate::words::Secret;
use serde_json::{Map, Value};
use std::time::Duration;

/// What comes is kept with the session, so it is bounded as tokens are rather than as key sets.
const BOUNDS: Bounds = Bounds { bytes: 32 * 1024, time: Duration::from_secs(5), accept: "application/json" };
const WHAT: &str = "the userinfo response";

/// Of the token alone, besides everything under `https://aws.amazon.com/`. Distributed claims (Core §5.6.2) are among them:
/// they name addresses to ask, and those must be signed.
const SIGNED_ONLY: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "jti",
    "nonce",
    "at_hash",
    "c_hash",
    "auth_time",
    "acr",
    "amr",
    "sid",
    "events",
    "_claim_names",
    "_claim_sources",
];

impl RelyingParty {
    /// The token with what the endpoint says besides.
    pub(super) async fn with_userinfo(
        &self,
        token: VerifiedToken,
        access_token: &Secret,
        discovery: &Discovery,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        const ENDPOINT: OidcError = OidcError::DiscoveryMember { member: "userinfo_endpoint" };
        let url = discovery.userinfo_endpoint.as_deref().ok_or(ENDPOINT)?;
        let answer = self.fetcher.get_as(url, Some(access_token), &BOUNDS).await;
        let answer = answer.map_err(|cause| OidcError::Fetch { what: WHAT, cause })?;
        if answer.status != 200 {
            return Err(OidcError::Status { what: WHAT, status: answer.status });
        }
        let mut told = json::object(&answer.body, WHAT)?;
        let about = told.get("sub").and_then(Value::as_str).unwrap_or_default();
        if about != token.subject() {
            return Err(OidcError::UserInfoSubject);
        }
        told.retain(|name, _| !is_of_the_token(name, token.claims()));
        let names: Vec<&str> = told.keys().map(String::as_str).collect();
        trace.pass("oidc.userinfo", names.join(", "));
        Ok(token.with_unsigned(told))
    }
}

/// An address and whether it is verified belong together: the token's address is not verified by a word about another.
fn is_of_the_token(name: &str, claims: &Map<String, Value>) -> bool {
    const PAIRS: [[&str; 2]; 2] = [["email", "email_verified"], ["phone_number", "phone_number_verified"]];
    let split = PAIRS.iter().any(|pair| pair.contains(&name) && pair.iter().any(|one| claims.contains_key(*one)));
    split || claims.contains_key(name) || SIGNED_ONLY.contains(&name) || name.starts_with("https://aws.amazon.com/")
}
