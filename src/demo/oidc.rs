//! The OpenID Connect side: authorization code with PKCE, for one client (OpenID Connect core §3.1, RFC 7636).
//!
//! As with SAML nothing is kept while a person chooses: the choice brings the authorization request back and it is
//! checked again. Only codes are remembered, each for a minute and for one redemption.

use super::keys::Algorithm;
use super::pages::{self, refuse};
use super::{Person, Provider};
use crate::words::sha256;
use axum::Json;
use axum::extract::{Form, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};

const CODE_LIFETIME: Duration = Duration::seconds(60);
const TOKEN_LIFETIME: Duration = Duration::minutes(10);
/// More codes than people can click in a minute.
const MOST_CODES: usize = 1_000;

/// The codes that wait for redemption.
#[derive(Default)]
pub(super) struct Codes(Mutex<HashMap<String, Grant>>);

struct Grant {
    person: &'static Person,
    nonce: Option<String>,
    challenge: String,
    signed_in: OffsetDateTime,
}

/// An authorization request, and the choice once it is made.
#[derive(serde::Deserialize)]
pub(super) struct Authorization {
    client_id: String,
    redirect_uri: String,
    #[serde(default)]
    response_type: String,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    state: String,
    nonce: Option<String>,
    #[serde(default)]
    code_challenge: String,
    #[serde(default)]
    code_challenge_method: String,
    #[serde(default)]
    prompt: String,
    person: Option<String>,
}

#[derive(serde::Deserialize)]
pub(super) struct Redemption {
    #[serde(default)]
    grant_type: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    redirect_uri: String,
    #[serde(default)]
    code_verifier: String,
    client_id: Option<String>,
    client_secret: Option<String>,
}

#[derive(serde::Deserialize)]
pub(super) struct Papers {
    person: String,
    #[serde(default)]
    alg: Algorithm,
}

/// An error as OAuth spells it (RFC 6749 §4.1.2.1, §5.2).
type OAuthError = &'static str;

pub(super) async fn discovery(State(provider): State<Arc<Provider>>) -> Json<Value> {
    let issuer = provider.issuer();
    Json(json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/oidc/authorize"),
        "token_endpoint": format!("{issuer}/oidc/token"),
        "jwks_uri": format!("{issuer}/jwks.json"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "profile"],
        "claims_supported": ["sub", "email", "email_verified", "name", "groups", "auth_time"],
        "authorization_response_iss_parameter_supported": true,
    }))
}

pub(super) async fn key_set(State(provider): State<Arc<Provider>>) -> Json<Value> {
    Json(provider.keys.key_set())
}

/// Who is signing in?
pub(super) async fn ask(State(provider): State<Arc<Provider>>, Query(request): Query<Authorization>) -> Response {
    if let Some(stop) = provider.unacceptable(&request) {
        return stop;
    }
    let mut fields = vec![
        ("client_id", request.client_id.as_str()),
        ("redirect_uri", &request.redirect_uri),
        ("response_type", &request.response_type),
        ("scope", &request.scope),
        ("state", &request.state),
        ("code_challenge", &request.code_challenge),
        ("code_challenge_method", &request.code_challenge_method),
    ];
    fields.extend(request.nonce.as_deref().map(|nonce| ("nonce", nonce)));
    pages::choose(&request.client_id, &format!("{}/oidc/authorize", provider.issuer()), &fields)
}

/// A code for the chosen person, carried back to the gateway.
pub(super) async fn answer(State(provider): State<Arc<Provider>>, Form(request): Form<Authorization>) -> Response {
    if let Some(stop) = provider.unacceptable(&request) {
        return stop;
    }
    let Some(person) = request.person.as_deref().and_then(Person::named) else {
        return refuse(StatusCode::BAD_REQUEST, "There is no such person.");
    };
    let now = provider.clock.now();
    let challenge = request.code_challenge.clone();
    let grant = Grant { person, nonce: request.nonce.clone(), challenge, signed_in: now };
    let code = provider.random.token::<32>();
    match provider.codes.keep(code.clone(), grant, now) {
        Ok(()) => provider.back(&request, "code", &code),
        Err(error) => provider.back(&request, "error", error),
    }
}

/// The token endpoint.
pub(super) async fn redeem(
    State(provider): State<Arc<Provider>>,
    headers: HeaderMap,
    Form(redemption): Form<Redemption>,
) -> Response {
    match provider.redeem(&headers, &redemption) {
        Ok(tokens) => Json(tokens).into_response(),
        Err(error @ "invalid_client") => {
            let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"gatehouse-demo\"")];
            (StatusCode::UNAUTHORIZED, challenge, Json(json!({"error": error}))).into_response()
        }
        Err(error) => (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response(),
    }
}

/// An ID token without a login, as the text that `aws sts assume-role-with-web-identity` takes.
pub(super) async fn token(State(provider): State<Arc<Provider>>, Query(papers): Query<Papers>) -> Response {
    let Some(person) = Person::named(&papers.person) else {
        return (StatusCode::NOT_FOUND, "There is no such person.\n").into_response();
    };
    provider.id_token(papers.alg, person, None, provider.clock.now()).into_response()
}

impl Codes {
    /// Forgets what has run out, then remembers one more.
    fn keep(&self, code: String, grant: Grant, now: OffsetDateTime) -> Result<(), OAuthError> {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, grant| now < grant.signed_in + CODE_LIFETIME);
        if codes.len() >= MOST_CODES {
            return Err("temporarily_unavailable");
        }
        codes.insert(code, grant);
        Ok(())
    }

    /// Whoever names a code has used it up, right or wrong.
    fn take(&self, code: &str, now: OffsetDateTime) -> Option<Grant> {
        let grant = self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(code)?;
        (now < grant.signed_in + CODE_LIFETIME).then_some(grant)
    }
}

impl Provider {
    /// The answer to a request that cannot go on. Until client and redirect URI are known to be ours, nothing is
    /// sent anywhere: an open redirector would serve whoever writes the link.
    fn unacceptable(&self, request: &Authorization) -> Option<Response> {
        if request.client_id != self.relying_party.oidc_client_id {
            return Some(refuse(StatusCode::BAD_REQUEST, "There is no client of that client_id."));
        }
        if request.redirect_uri != self.relying_party.oidc_redirect_uri {
            return Some(refuse(StatusCode::BAD_REQUEST, "The redirect_uri is not the gateway's."));
        }
        let error = if request.response_type != "code" {
            "unsupported_response_type"
        } else if !request.scope.split(' ').any(|scope| scope == "openid") {
            "invalid_scope"
        } else if request.code_challenge_method != "S256" || request.code_challenge.len() != 43 {
            "invalid_request"
        } else if request.prompt == "none" {
            "login_required"
        } else {
            return None;
        };
        Some(self.back(request, "error", error))
    }

    /// To the redirect URI, with the state it came with and who answers (RFC 9207).
    fn back(&self, request: &Authorization, name: &str, value: &str) -> Response {
        let Ok(mut target) = url::Url::parse(&self.relying_party.oidc_redirect_uri) else {
            return refuse(StatusCode::INTERNAL_SERVER_ERROR, "The gateway's redirect URI is not a URL.");
        };
        target.query_pairs_mut().append_pair(name, value).append_pair("iss", &self.issuer());
        if !request.state.is_empty() {
            target.query_pairs_mut().append_pair("state", &request.state);
        }
        Redirect::to(target.as_str()).into_response()
    }

    fn redeem(&self, headers: &HeaderMap, redemption: &Redemption) -> Result<Value, OAuthError> {
        self.authenticate(headers, redemption)?;
        if redemption.grant_type != "authorization_code" {
            return Err("unsupported_grant_type");
        }
        let now = self.clock.now();
        let grant = self.codes.take(&redemption.code, now).ok_or("invalid_grant")?;
        let challenge = URL_SAFE_NO_PAD.encode(sha256(redemption.code_verifier.as_bytes()));
        if redemption.redirect_uri != self.relying_party.oidc_redirect_uri || challenge != grant.challenge {
            return Err("invalid_grant");
        }
        Ok(json!({
            "access_token": self.random.token::<32>(),
            "token_type": "Bearer",
            "expires_in": TOKEN_LIFETIME.whole_seconds(),
            "id_token": self.id_token(Algorithm::RS256, grant.person, grant.nonce.as_deref(), grant.signed_in),
        }))
    }

    /// The client by Basic or by form fields, never both (RFC 6749 §2.3).
    fn authenticate(&self, headers: &HeaderMap, redemption: &Redemption) -> Result<(), OAuthError> {
        let (id, secret) = match (headers.get(header::AUTHORIZATION), &redemption.client_secret) {
            (Some(_), Some(_)) => return Err("invalid_request"),
            (Some(header), None) => header.to_str().ok().and_then(basic).ok_or("invalid_client")?,
            (None, Some(secret)) => (redemption.client_id.clone().unwrap_or_default(), secret.clone()),
            (None, None) => return Err("invalid_client"),
        };
        let ours = &self.relying_party;
        let known = id == ours.oidc_client_id && ours.oidc_client_secret.matches(secret.as_bytes());
        if known { Ok(()) } else { Err("invalid_client") }
    }

    fn id_token(
        &self,
        algorithm: Algorithm,
        person: &Person,
        nonce: Option<&str>,
        signed_in: OffsetDateTime,
    ) -> String {
        let now = self.clock.now();
        let mut claims = json!({
            "iss": self.issuer(),
            "sub": person.uid,
            "aud": self.relying_party.oidc_client_id,
            "iat": now.unix_timestamp(),
            "exp": (now + TOKEN_LIFETIME).unix_timestamp(),
            "auth_time": signed_in.unix_timestamp(),
            "email": person.mail,
            "email_verified": true,
            "name": person.name,
            "groups": person.groups,
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = nonce.into();
        }
        self.keys.sign(algorithm, &claims)
    }
}

/// `Basic base64(id:secret)`, both parts form-encoded (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let encoded = header.strip_prefix("Basic ")?;
    let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = pair.split_once(':')?;
    let decode = |part: &str| Some(percent_decode_str(&part.replace('+', " ")).decode_utf8().ok()?.into_owned());
    Some((decode(id)?, decode(secret)?))
}
