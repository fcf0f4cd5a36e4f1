//! A page of another site calls the API by script in a real browser: one that is listed, and one that is not.

use crate::front_cors::with_origins;
use crate::front_oidc::{DEV, open};
use crate::house::{House, free_port};
use crate::oidc_issuer::{Issuer, RSA, claims};
use crate::peers_browser::Scene;
use axum::Router;
use axum::response::Html;
use axum::routing::get;

/// A page at an origin of its own that presents the token by `fetch`, with headers as the AWS SDK sends them, and shows
/// what it could read. Its origin.
async fn serve_page(house: &House, token: &str) -> String {
    let form = [
        ("Action", "AssumeRoleWithWebIdentity"),
        ("Version", "2011-06-15"),
        ("RoleArn", DEV),
        ("RoleSessionName", "browser"),
        ("WebIdentityToken", token),
    ];
    let (url, body) = (house.url("/"), crate::house::encoded(&form));
    let page = format!(
        r#"<!doctype html><title>App</title><p>asking</p><script>
const said = document.querySelector('p');
fetch({url:?}, {{ method: 'POST', body: {body:?}, headers: {{
  'content-type': 'application/x-www-form-urlencoded', 'amz-sdk-invocation-id': 'a', 'amz-sdk-request': 'attempt=1; max=3',
  'x-amz-user-agent': 'aws-sdk-js/3',
}} }}).then(async (answer) => {{
  const text = await answer.text(), id = answer.headers.get('x-amzn-requestid');
  const same = text.includes(`<RequestId>${{id}}</RequestId>`), given = text.includes('<SessionToken>');
  said.textContent = `answered ${{answer.status}}, given: ${{given}}, request id: ${{same}}`;
}}, (error) => {{ said.textContent = `blocked: ${{error.name}}`; }});
</script>"#
    );
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", free_port())).await.expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    let router = Router::new().route("/", get(move || std::future::ready(Html(page.clone()))));
    tokio::spawn(async move { axum::serve(listener, router).await });
    origin
}

#[tokio::test]
async fn a_browser_lets_a_listed_page_call_and_no_other() {
    let issuer = Issuer::start(&[&RSA]).await;
    let house = open(&issuer).await;
    let token = RSA.sign(&claims(&issuer.url));
    let (listed, other) = (serve_page(&house, &token).await, serve_page(&house, &token).await);
    let house = with_origins(house, &[&listed]).await;
    let scene = Scene::new().goto(&listed).expect("answered 200, given: true, request id: true");
    scene.goto(&other).expect("blocked: TypeError").play().await;
    let given = house.rows("SELECT session_name FROM role_session").await;
    assert_eq!(given, [["browser"]], "the browser did not even send what the other page asked for");
}
