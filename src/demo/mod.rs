//! The development identity provider of `gatehouse demo`: real signed SAML and OpenID Connect, without passwords.
//!
//! It runs beside the house on loopback over plain HTTP. Its keys live in memory and are new at each start; its
//! entity id and its issuer both contain [`MARK`], by which `serve` and `check` know and refuse it.
//!
//! ```text
//! GET  /gatehouse-demo/saml/metadata                     the provider's metadata
//! GET  /gatehouse-demo/saml/sso?SAMLRequest&RelayState   who are you? (POST: the answer, posted on to the ACS)
//! GET  /gatehouse-demo/saml/response?person=alice        an unsolicited SAMLResponse as text
//! GET  /gatehouse-demo/.well-known/openid-configuration  discovery; keys at /gatehouse-demo/jwks.json
//! GET  /gatehouse-demo/oidc/authorize                    who are you? (POST: a code, carried back by redirect)
//! POST /gatehouse-demo/oidc/token                        the code's ID token
//! GET  /gatehouse-demo/token?person=alice                an ID token as text
//! ```
//!
//! Whoever can reach the port is whoever they like. So a request must name the provider's own host: a page on the
//! web that has its name resolve to loopback (DNS rebinding) is turned away and reads nothing.

pub mod authority;
mod keys;
mod oidc;
mod pages;
mod people;
mod saml;

pub use people::{PEOPLE, Person};

use crate::ambient::{Clock, Random};
use crate::words::Secret;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use std::sync::Arc;

/// Stands in every entity id and issuer of a development provider.
pub const MARK: &str = "gatehouse-demo";

/// The one gateway that the provider answers. Every URL is compared as text, exactly.
pub struct DemoRelyingParty {
    pub sp_entity_id: String,
    pub acs_url: String,
    pub oidc_client_id: String,
    pub oidc_client_secret: Secret,
    pub oidc_redirect_uri: String,
}

/// A running provider; clones share keys and codes.
#[derive(Clone)]
pub struct DevelopmentIdp(Arc<Provider>);

/// What the handlers know.
struct Provider {
    base_url: String,
    relying_party: DemoRelyingParty,
    keys: keys::Keys,
    codes: oidc::Codes,
    clock: Clock,
    random: Random,
}

impl DevelopmentIdp {
    /// Makes new keys. `base_url` is the origin that the provider is reached by, as in `http://localhost:8480`.
    pub fn new(base_url: &str, relying_party: DemoRelyingParty, clock: Clock, random: Random) -> Self {
        let keys = keys::Keys::generate(clock.now(), random);
        let codes = oidc::Codes::default();
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self(Arc::new(Provider { base_url, relying_party, keys, codes, clock, random }))
    }

    /// The OpenID Connect issuer, `<base_url>/gatehouse-demo`.
    pub fn issuer(&self) -> String {
        self.0.issuer()
    }

    /// The SAML metadata: entity id, signing certificate, single sign-on by HTTP-Redirect (SAML metadata §2.4.3).
    pub fn saml_metadata(&self) -> String {
        self.0.saml_metadata()
    }

    /// Every route, for a listener on loopback.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route("/", get(pages::home))
            .route("/style.css", get(pages::style))
            .route("/continue.js", get(pages::script))
            .route("/saml/metadata", get(saml::metadata))
            .route("/saml/sso", get(saml::ask).post(saml::answer))
            .route("/saml/response", get(saml::unsolicited))
            .route("/.well-known/openid-configuration", get(oidc::discovery))
            .route("/jwks.json", get(oidc::key_set))
            .route("/oidc/authorize", get(oidc::ask).post(oidc::answer))
            .route("/oidc/token", post(oidc::redeem))
            .route("/token", get(oidc::token));
        Router::new()
            .nest(&format!("/{MARK}"), routes)
            .layer(middleware::from_fn_with_state(self.0.clone(), own_host_only))
            .with_state(self.0.clone())
    }
}

impl Provider {
    fn issuer(&self) -> String {
        format!("{}/{MARK}", self.base_url)
    }

    fn host(&self) -> &str {
        self.base_url.split_once("://").map_or("", |(_, host)| host)
    }
}

async fn own_host_only(State(provider): State<Arc<Provider>>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if host != Some(provider.host()) {
        let sentence =
            format!("This is the development identity provider; it answers at {} only.\n", provider.base_url);
        return (StatusCode::MISDIRECTED_REQUEST, sentence).into_response();
    }
    let mut response = next.run(request).await;
    const POLICY: &str =
        "default-src 'none'; style-src 'self'; script-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
