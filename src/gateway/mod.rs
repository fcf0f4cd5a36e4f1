//! The gate: HTTP, and nothing behind it knows that.
//!
//! A request comes in over the [`threshold`], where it is asked who sends it and whether that is too often ([`sender`]),
//! and whether we are meant ([`guard`]). Its handler takes it in, within its limits ([`incoming`]), and turns it into the
//! terms of a service (`sts`, `signin`, `console`), and what comes back into bytes: STS XML, JSON or a page. Statuses and
//! sentences are chosen only here, in [`sts_error`], [`oauth_error`] and [`page_error`], by matches without a wildcard: a
//! new reason for refusal does not compile until somebody has decided how it looks outside.
//!
//! ```text
//! POST /, GET /?Action=    sts.rs         → sts (and cors.rs, for pages of other sites)
//! /decide                  decide.rs      → sts
//! /.well-known/…           issuer.rs      → issuer
//! /oauth/token             oauth.rs       → sts (and cors.rs)
//! /saml/…                  saml.rs        → signin
//! /oidc/…                  oidc.rs        → signin (and oidc_logout.rs)
//! /federation              federation.rs  → console
//! /console/…               console.rs     → console (and arrival.rs, when somebody has just come), once for each session of
//!                                          a browser (page_session.rs); frame.rs is what stands around each page
//! /switchrole              switch.rs      → console (and go.rs, for links to a page with a role)
//! /console/simulator       simulator.rs   → console
//! /console/providers       providers.rs   → signin, for test logins
//! /console/signin          user_sign_in.rs → console
//! /console/logo/…          logo.rs
//! /healthz, /readyz        health.rs      → store
//! /metrics                 admin.rs       → metrics, on an address of its own
//! /decide/forward/…        forward.rs     → sts, on an address of its own
//! ```

mod activity;
mod admin;
mod arrival;
mod asked;
mod chooser;
mod color;
mod configuration;
mod console;
mod console_pages;
mod cookies;
mod cors;
mod decide;
mod doorway;
mod explained;
mod farewell;
mod federation;
mod form;
mod forward;
mod frame;
mod go;
mod guard;
mod health;
mod home;
mod house;
mod identities;
mod in_force;
mod incoming;
mod issuer;
mod logo;
mod oauth;
mod oauth_error;
mod oidc;
mod oidc_logout;
mod onward;
mod page_error;
mod page_session;
mod pages;
mod provider_view;
mod providers;
mod saml;
mod search;
mod sender;
mod sessions;
mod setup_sheets;
mod simulator;
mod sts;
mod sts_answer;
mod sts_error;
mod sts_json;
mod sts_wire;
mod sts_xml;
mod summary;
mod switch;
mod threshold;
mod traces;
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
pub use threshold::Gate;

use axum::Router;
use axum::handler::Handler;
use axum::http::{StatusCode, header};
use axum::routing::{MethodRouter, get, post};
use std::sync::Arc;

/// A GET that does something. What it does is not done for a HEAD, whose answer would be lost: whoever looks at links
/// before people follow them must not use one up. `allowed` are the methods that are (RFC 9110 §15.5.6).
fn acting<T: 'static>(allowed: &'static str, handler: impl Handler<T, Arc<House>>) -> MethodRouter<Arc<House>> {
    get(handler).head(async move || (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, allowed)]))
}

/// The pages of one session of a browser.
fn console_of(base: &str, break_glass: bool) -> Router<Arc<House>> {
    let at = |path: &str| format!("{base}{path}");
    let pages = Router::new()
        .route(base, get(console::home))
        .route(&at("/"), get(console::home))
        .route(&at("/confirm"), acting("GET, POST", arrival::confirm_form).post(arrival::confirm))
        .route(&at("/roles"), acting("GET", chooser::roles))
        .route(&at("/choose"), post(console::choose))
        .route(&at("/switchrole"), get(switch::form).post(switch::post))
        .route(&at("/switch/back"), post(switch::back))
        .route(&at("/go/{account}/{*role}"), acting("GET, POST", go::get).post(go::post))
        .route(&at("/credentials"), post(home::credentials))
        .route(&at("/identities"), get(identities::identities))
        .route(&at("/signin-url"), post(home::signin_url))
        .route(&at("/simulator"), get(simulator::page).post(simulator::simulate))
        .route(&at("/simulator/question"), post(simulator::question))
        .route(&at("/providers"), get(providers::list))
        .route(&at("/providers/{name}"), get(providers::one))
        .route(&at("/providers/{name}/test"), post(providers::begin_test))
        .route(&at("/providers/{name}/test/{handle}"), acting("GET", providers::finding))
        .route(&at("/signin/{provider}"), get(saml::login))
        .route(&at("/signout"), post(console::sign_out))
        .route(&at("/session"), get(console::session))
        .route(&at("/sessions"), get(sessions::own))
        .route(&at("/sessions/all"), get(sessions::all))
        .route(&at("/sessions/barred"), get(sessions::barred))
        .route(&at("/sessions/admit"), post(sessions::admit))
        .route(&at("/sessions/end"), get(sessions::ask).post(sessions::end))
        .route(&at("/activity"), get(activity::own))
        .route(&at("/activity/all"), get(activity::all))
        .route(&at("/traces"), get(traces::own))
        .route(&at("/traces/all"), get(traces::all))
        .route(&at("/traces/find"), get(traces::find))
        .route(&at("/traces/{id}"), get(traces::one));
    if break_glass { pages.route(&at("/signin"), post(user_sign_in::post)) } else { pages }
}

/// Everything that is served under `public_url`.
pub fn gate(house: House) -> Gate {
    let house = Arc::new(house);
    // What is posted to the first three the gate hands over itself.
    let routes = Router::new()
        .route("/", post(sts::post).get(sts::get))
        .route("/oauth/token", post(oauth::post))
        .route("/decide", post(decide::post))
        .route("/.well-known/openid-configuration", get(issuer::configuration))
        .route("/.well-known/jwks.json", get(issuer::key_set))
        .route("/saml/metadata", get(saml::metadata))
        .route("/saml/login/{provider}", get(saml::login))
        .route("/saml/acs", acting("POST", saml::acs_by_link).post(saml::acs))
        .route("/saml", acting("POST", saml::acs_by_link).post(saml::acs))
        .route("/saml/slo", acting("GET, POST", saml::slo).post(saml::slo))
        .route("/oidc/login/{provider}", get(oidc::login))
        .route("/oidc/callback/{provider}", acting("GET", oidc::callback))
        .route("/oidc/client-keys/{provider}", get(oidc::client_keys))
        .route("/oidc/backchannel-logout/{provider}", post(oidc_logout::back_channel))
        .route("/oidc/frontchannel-logout/{provider}", acting("GET", oidc_logout::front_channel))
        .route("/oidc/logout/{provider}", acting("GET", oidc_logout::back))
        .route("/federation", acting("GET, POST", federation::get).post(federation::post))
        .route("/switchrole", get(switch::form).post(switch::post))
        .route("/console/logo/{address}", get(logo::get))
        .route("/console/style.css", get(pages::stylesheet))
        .route("/console/color/{file}", get(color::stylesheet))
        .route("/console/console.js", get(pages::script))
        .route("/console/continue.js", get(onward::script))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .fallback(pages::not_found);
    let break_glass = house.console.break_glass.is_some();
    let routes = page_session::paths().fold(routes, |routes, (base, nth)| {
        let pages = console_of(&base, break_glass).route_layer(axum::Extension(nth));
        routes.merge(pages)
    });
    Gate::new(house.clone(), routes.with_state(house))
}
