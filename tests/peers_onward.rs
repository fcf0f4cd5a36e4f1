//! A real browser that is sent on to an identity provider by POST, which then sends it somewhere else of its own.

use crate::connect_proxy::{certificate_for, serve_tls};
use crate::front::{WORLD, files};
use crate::house::{Address, House};
use crate::peers_browser::Scene;
use crate::saml_identity::changed;
use axum::Router;
use axum::response::{Html, Redirect};
use axum::routing::{get, post};
use serde_json::Value;

/// By POST at localhost; who comes is asked for a password at the address, which is another origin.
async fn identity_provider() -> u16 {
    let (tls, _) = certificate_for(&["localhost"]);
    let router = Router::new()
        .route(
            "/post",
            post(async |headers: axum::http::HeaderMap| {
                let host = headers["host"].to_str().unwrap_or_default().replace("localhost", "127.0.0.1");
                Redirect::to(&format!("https://{host}/login"))
            }),
        )
        .route("/login", get(async || Html("<h1>Who are you?</h1>")));
    serve_tls(router, tls).await.port()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_identity_provider_may_send_whoever_comes_by_post_elsewhere() {
    let port = identity_provider().await;
    let mut files = files();
    let redirect =
        r#"Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.example/sso"/>"#;
    let by_post = format!(
        r#"Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://localhost:{port}/post"/>"#
    );
    files[0].1 = changed(&files[0].1, redirect, &by_post);
    let house = House::open_at(Address::tls("gate.test"), &files, WORLD.to_owned()).await;
    for scripts in [true, false] {
        let scene = if scripts { Scene::new() } else { Scene::new().without_scripts() };
        let scene = scene.goto(&house.url("/saml/login/111122223333:corp"));
        let scene = if scripts { scene } else { scene.submit() };
        let scene = scene.wait_for(&format!("https://127.0.0.1:{port}/login")).heading("Who are you?");
        let seen = scene.violations().view("end").play().await;
        assert_eq!(seen["end"].violations, Vec::<Value>::new());
    }
    house.close().await;
}
