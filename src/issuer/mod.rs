//! This house as an OpenID Connect issuer: it signs for whoever it knows, so that others who trust it need not know them.
//!
//! ```text
//! Draft ─Issuer::issue→ Issued (a signed token, and what is written down of it)
//! pairs ─Exchange::parse→ Exchange (what a token exchange asks for)
//! ```
//!
//! Whoever receives a token finds the keys as every relying party does: by [`Issuer::configuration`] (OpenID Connect
//! Discovery 1.0 §4) and [`Issuer::key_set`]. Both are bytes that were made when the keys were loaded. Who may have a token
//! is decided in `sts`; here is only that none outlives the session it is drawn for, and that none is longer than an STS
//! takes.

mod algorithm;
mod exchange;
mod keys;
mod token;

pub use algorithm::SigningAlgorithm;
pub use exchange::{CREDENTIALS, Exchange, ExchangeError, Issue, JWT, LONGEST_AUDIENCE, MOST_AUDIENCES, SubjectToken};
pub use keys::{IssuerKeys, IssuerPair};
pub use token::{Draft, Issued, IssuerError};

use serde_json::{Value, json};
use std::sync::{Arc, PoisonError, RwLock};
use url::Url;

/// The issuer. One for the whole process.
pub struct Issuer {
    /// `public_url` without its slash: what tokens call their issuer.
    name: String,
    configuration: String,
    held: RwLock<Arc<Held>>,
}

/// The keys, and what is said of them. Replaced whole.
struct Held {
    keys: IssuerKeys,
    key_set: String,
}

impl Issuer {
    pub fn new(public_url: &Url, keys: IssuerKeys) -> Self {
        let name = public_url.as_str().trim_end_matches('/').to_owned();
        let configuration = configuration(&name).to_string();
        Self { name, configuration, held: RwLock::new(Arc::new(Held::new(keys))) }
    }

    /// Takes up the keys as they are now.
    pub fn renew(&self, keys: IssuerKeys) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Held::new(keys));
    }

    /// `iss`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// JSON: what it says of itself.
    pub fn configuration(&self) -> &str {
        &self.configuration
    }

    /// JSON: the keys that its tokens may be verified with.
    pub fn key_set(&self) -> String {
        self.held().key_set.clone()
    }

    fn held(&self) -> Arc<Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Held {
    fn new(keys: IssuerKeys) -> Self {
        let public: Vec<&Value> = keys.published().map(|key| key.public()).collect();
        let key_set = json!({ "keys": public }).to_string();
        Self { keys, key_set }
    }
}

/// Only what is true of it. It has no endpoint for browsers.
fn configuration(name: &str) -> Value {
    json!({
        "issuer": name,
        "jwks_uri": format!("{name}/.well-known/jwks.json"),
        "token_endpoint": format!("{name}/oauth/token"),
        "token_endpoint_auth_methods_supported": ["none"],
        "grant_types_supported": [exchange::GRANT],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": SigningAlgorithm::ALL.map(SigningAlgorithm::name),
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "jti", token::NAMESPACE],
    })
}
