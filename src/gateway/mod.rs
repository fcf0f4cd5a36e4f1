//! The gate: HTTP, and nothing behind it knows that.
//!
//! A request passes, from outside inward: its id and the security headers ([`layers`]), who sends it and whether that
//! is too often ([`sender`]), the Host check, the size limit, then its handler. A handler turns the request into the terms
//! of a service (`sts`, `signin`, `console`), and what comes back into bytes: STS XML, JSON or a page. Statuses and
//! sentences are chosen only here, in [`sts_error`], [`oauth_error`] and [`page_error`], by matches without a wildcard: a
//! new reason for refusal does not compile until somebody has decided how it looks outside.
//!
//! ```text
//! POST /, GET /?Action=    sts.rs         → sts (and cors.rs, for pages of other sites)
//! /decide                  decide.rs      → sts
//! /.well-known/…           issuer.rs      → issuer
//! /oauth/token             oauth.rs       → sts
//! /saml/…                  saml.rs        → signin
//! /oidc/…                  oidc.rs        → signin (and oidc_logout.rs)
//! /federation              federation.rs  → console
//! /console/…               console.rs     → console (and arrival.rs, when somebody has just come)
//! /console/signin          user_sign_in.rs → console
//! /console/logo/…          logo.rs
//! /healthz, /readyz        health.rs      → store
//! /metrics                 admin.rs       → metrics, on an address of its own
//! /decide/forward/…        forward.rs     → sts, on an address of its own
//! ```

mod admin;
mod arrival;
mod asked;
mod configuration;
mod console;
mod console_pages;
mod cookies;
mod cors;
mod decide;
mod doorway;
mod farewell;
mod federation;
mod form;
mod forward;
mod health;
mod house;
mod in_force;
mod incoming;
mod issuer;
mod layers;
mod logo;
mod oauth;
mod oauth_error;
mod oidc;
mod oidc_logout;
mod onward;
mod page_error;
mod pages;
mod saml;
mod sender;
mod sts;
mod sts_answer;
mod sts_error;
mod sts_json;
mod sts_wire;
mod sts_xml;
mod turned_away;
mod user_sign_in;

pub use admin::admin_router;
pub use asked::Steady;
pub use configuration::{ConfigurationState, RefusedConfiguration};
pub use doorway::Doorway;
pub use forward::forward_router;
pub use house::House;
pub use in_force::InForce;
pub use sender::Approach;

use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// Everything that is served under `public_url`.
pub fn router(house: House) -> Router {
    let house = Arc::new(house);
    let shared = Router::new()
        .route("/", post(sts::post).get(sts::get))
        .route("/oauth/token", post(oauth::post))
        .layer(axum::middleware::from_fn_with_state(house.clone(), cors::preflight));
    let guarded = Router::new()
        .route("/decide", post(decide::post))
        .route("/.well-known/openid-configuration", get(issuer::configuration))
        .route("/.well-known/jwks.json", get(issuer::key_set))
        .route("/saml/metadata", get(saml::metadata))
        .route("/saml/login/{provider}", get(saml::login))
        .route("/saml/acs", post(saml::acs))
        .route("/saml", post(saml::acs))
        .route("/saml/slo", get(saml::slo).post(saml::slo))
        .route("/oidc/login/{provider}", get(oidc::login))
        .route("/oidc/callback/{provider}", get(oidc::callback))
        .route("/oidc/client-keys/{provider}", get(oidc::client_keys))
        .route("/oidc/backchannel-logout/{provider}", post(oidc_logout::back_channel))
        .route("/oidc/frontchannel-logout/{provider}", get(oidc_logout::front_channel))
        .route("/oidc/logout/{provider}", get(oidc_logout::back))
        .route("/federation", get(federation::get).post(federation::post))
        .route("/console", get(console::home))
        .route("/console/", get(console::home))
        .route("/console/confirm", get(arrival::confirm_form).post(arrival::confirm))
        .route("/console/roles", get(console::roles))
        .route("/console/choose", post(console::choose))
        .route("/console/credentials", post(console::credentials))
        .route("/console/signout", post(console::sign_out))
        .route("/console/session", get(console::session))
        .route("/console/signin/{provider}", get(saml::login))
        .route("/console/logo/{address}", get(logo::get))
        .route("/console/style.css", get(pages::stylesheet))
        .route("/console/continue.js", get(onward::script));
    let guarded = match house.console.break_glass {
        Some(_) => guarded.route("/console/signin", post(user_sign_in::post)),
        None => guarded,
    };
    let guard = |routes: Router<Arc<House>>| {
        routes
            .layer(axum::middleware::from_fn_with_state(house.clone(), layers::check_host))
            .layer(axum::middleware::from_fn_with_state(house.clone(), sender::pace))
    };
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .merge(guard(shared).layer(axum::middleware::from_fn_with_state(house.clone(), cors::share)))
        .merge(guard(guarded.fallback(pages::not_found)))
        .layer(axum::middleware::from_fn_with_state(house.clone(), sender::recognise))
        .layer(axum::middleware::from_fn_with_state(house.clone(), layers::identify))
        .with_state(house)
}
