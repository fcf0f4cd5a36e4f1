//! What an issuer says of itself (OpenID Connect Discovery 1.0 §3, §4).

use super::{OidcError, json};
use crate::words::may_be_asked;
use serde_json::{Map, Value};
use url::Url;

/// The parts of an `openid-configuration` that are used here. Issuers of workload tokens have no endpoints for
/// browsers, so only the key set's address is required.
#[derive(Debug)]
pub struct Discovery {
    pub jwks_uri: String,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    /// One that cannot be used counts as none.
    pub userinfo_endpoint: Option<String>,
    /// Where browsers sign out (RP-Initiated Logout 1.0 §2.1); one that cannot be used counts as none.
    pub end_session_endpoint: Option<String>,
    /// `client_secret_basic` when the document does not say (§3).
    pub token_endpoint_auth_methods: Vec<String>,
    /// Whether its authorization responses name it (RFC 9207 §3).
    pub names_itself: bool,
}

impl Discovery {
    /// Where the issuer's document is: the issuer without a trailing slash, and the well-known suffix behind its path.
    pub fn address(issuer: &str) -> String {
        format!("{}/.well-known/openid-configuration", issuer.strip_suffix('/').unwrap_or(issuer))
    }

    /// # Errors
    /// [`OidcError::Json`] and its like for what is no JSON object, [`OidcError::DiscoveryIssuer`] when `issuer` is not
    /// exactly the configured one (§4.3), [`OidcError::DiscoveryMember`] when an endpoint is none that may be asked.
    pub fn parse(text: &[u8], issuer: &str) -> Result<Self, OidcError> {
        let members = json::object(text, "the discovery document")?;
        let received = members.get("issuer").and_then(Value::as_str).unwrap_or_default();
        if received != issuer {
            return Err(OidcError::DiscoveryIssuer { expected: issuer.to_owned(), received: received.to_owned() });
        }
        let jwks_uri = endpoint(&members, "jwks_uri")?.ok_or(OidcError::DiscoveryMember { member: "jwks_uri" })?;
        const METHODS: &str = "token_endpoint_auth_methods_supported";
        let token_endpoint_auth_methods = match members.get(METHODS) {
            None => vec!["client_secret_basic".to_owned()],
            Some(Value::Array(list)) => list.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
            Some(_) => return Err(OidcError::DiscoveryMember { member: METHODS }),
        };
        Ok(Self {
            jwks_uri,
            authorization_endpoint: endpoint(&members, "authorization_endpoint")?,
            token_endpoint: endpoint(&members, "token_endpoint")?,
            userinfo_endpoint: endpoint(&members, "userinfo_endpoint").ok().flatten(),
            end_session_endpoint: endpoint(&members, "end_session_endpoint").ok().flatten(),
            token_endpoint_auth_methods,
            names_itself: members.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
        })
    }
}

fn endpoint(members: &Map<String, Value>, member: &'static str) -> Result<Option<String>, OidcError> {
    let Some(value) = members.get(member) else { return Ok(None) };
    let url = value.as_str().and_then(|text| Url::parse(text).ok()).ok_or(OidcError::DiscoveryMember { member })?;
    if !may_be_asked(&url) {
        return Err(OidcError::DiscoveryMember { member });
    }
    Ok(Some(url.into()))
}
