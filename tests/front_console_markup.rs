//! Nothing that comes from outside is markup, whoever says it, and no page may be framed.

use crate::front::{WORLD, field, files, unsigned};
use crate::front_console::{begin, open, unasked};
use crate::house::{Address, Answer, Browser, House, encoded, hidden};
use crate::saml_identity::{NOW, changed};
use gatehouse::ambient::Clock;

const MARKUP: &str = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>";

/// It says what it was told as text, if at all, and under the policy that runs nothing of a page.
fn is_plain(answer: &Answer, what: &str) {
    assert!(!answer.body.contains("<script>") && !answer.body.contains("<img src=x"), "{what}: {}", answer.body);
    let policy = &answer.headers["content-security-policy"];
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{what}: {policy}");
    assert!(!policy.contains("unsafe"), "{what}: {policy}");
    assert_eq!(answer.headers["x-frame-options"], "DENY", "{what}");
    assert!(!answer.headers.values().any(|value| value.contains("<script")), "{what}");
}

#[tokio::test]
async fn what_strangers_send_is_text() {
    let house = open().await;
    let q = |pairs: &[(&str, &str)]| encoded(pairs);
    for (what, path) in [
        ("sign-in page", format!("/console?{}", q(&[("destination", MARKUP), ("role", MARKUP)]))),
        ("destination", format!("/saml/login/corp?{}", q(&[("destination", MARKUP)]))),
        ("provider", format!("/console/signin/{}", q(&[(MARKUP, "")]))),
        ("action", format!("/federation?{}", q(&[("Action", MARKUP)]))),
        ("sign-in token", format!("/federation?{}", q(&[("Action", "login"), ("SigninToken", MARKUP)]))),
        ("issuer", format!("/federation?{}", q(&[("Action", "login"), ("SigninToken", "x"), ("Issuer", MARKUP)]))),
        ("redirect_uri", format!("/federation?{}", q(&[("Action", "logout"), ("redirect_uri", MARKUP)]))),
        ("session", format!("/federation?{}", q(&[("Action", "logout"), ("session", MARKUP)]))),
        ("code", format!("/oidc/callback/corp?{}", q(&[("code", MARKUP), ("state", MARKUP), ("error", MARKUP)]))),
    ] {
        is_plain(&house.get(&path).await, what);
    }
    for form in [
        &[("SAMLResponse", MARKUP), ("RelayState", MARKUP)][..],
        &[("SAMLResponse", "PHg+"), ("RelayState", MARKUP)],
        &[("RelayState", MARKUP)],
    ] {
        is_plain(&house.post("/saml/acs", form).await, "assertion consumer");
    }
    let _ = begin(&house, &mut Browser::default(), "").await;
}

#[tokio::test]
async fn what_identity_providers_and_operators_write_is_text() {
    let described = changed(
        WORLD,
        "max_session = \"2h\"",
        "max_session = \"2h\"\ndescription = '''\"><script>alert(1)</script>'''",
    );
    let named = described.replacen(
        "idp_initiated = true",
        "display_name = '''<script>alert(1)</script>'''\nidp_initiated = true",
        1,
    );
    let house = House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| named).await;
    is_plain(&house.get("/console").await, "display name");
    let mut browser = Browser::default();
    let marked = |id: &str| {
        let xml = crate::front::in_both_accounts(&house, id);
        field(&xml.replace("persistent\">alice@example.com", "persistent\">&lt;script&gt;alert(1)&lt;/script&gt;"), id)
    };
    let page = unasked(&house, &mut browser, &marked("1")).await;
    assert!(page.body.contains("&#60;script&#62;alert(1)") && page.body.contains("Choose a role"), "{}", page.body);
    is_plain(&page, "chooser");
    let csrf = hidden(&page.body, "csrf");
    for (what, path) in [
        ("search", format!("/console/roles?{}", encoded(&[("q", MARKUP)]))),
        ("identities", "/console/identities".to_owned()),
    ] {
        is_plain(&browser.get(&house, &path).await, what);
    }
    is_plain(&browser.post(&house, "/console/choose", &[("role", MARKUP), ("csrf", &csrf)]).await, "role");
    let chosen = browser.post(&house, "/console/choose", &[("role", crate::front::ADMIN), ("csrf", &csrf)]).await;
    let home = browser.follow(&house, chosen).await;
    is_plain(&home, "home");
    let csrf = hidden(&home.body, "csrf");
    is_plain(&browser.post(&house, "/console/credentials", &[("csrf", &csrf)]).await, "credentials");
    is_plain(&browser.post(&house, "/console/signin-url", &[("csrf", &csrf), ("destination", MARKUP)]).await, "place");
    // Somebody else comes: the question names both.
    let question = unasked(&house, &mut browser, &field(&unsigned(&house, "2"), "2")).await;
    assert!(question.body.contains("Sign in as alice@example.com (&#60;script&#62;alert(1)"), "{}", question.body);
    is_plain(&question, "question");
}

/// The console's script is a file of its own, and no page has any in it.
#[tokio::test]
async fn no_page_has_a_script_or_a_style_in_it() {
    let house = open().await;
    let mut browser = Browser::default();
    let home = unasked(&house, &mut browser, &field(&unsigned(&house, "1"), "1")).await;
    let roles = browser.get(&house, "/console/roles").await;
    for page in [&home, &roles] {
        assert!(page.body.contains("<script src=\"/console/console.js\" defer></script>"), "{}", page.body);
        assert_eq!(page.body.matches("<script").count(), 1);
        assert!(!page.body.contains("<style") && !page.body.contains(" style=") && !page.body.contains(" onclick="));
        assert!(page.headers["content-security-policy"].ends_with("script-src 'self'"));
    }
    let script = house.get("/console/console.js").await;
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert!(!script.body.contains("innerHTML") && !script.body.contains("eval("));
}
