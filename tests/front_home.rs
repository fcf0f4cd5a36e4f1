//! The home page: until when and why until then, what is allowed, and what is taken along.

use crate::front::{ADMIN, WORLD, admin, field, files, unsigned};
use crate::front_console::{GUEST, open, shown, unasked, who};
use crate::front_signed::{call, get_caller_identity};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Address, Answer, Browser, Credentials, House, hidden};
use crate::saml_identity::{NOW, changed};
use gatehouse::ambient::Clock;
use time::Duration;

const PLAIN: &str = "SessionNotOnOrAfter=\"2031-01-01T20:00:00Z\"";
const DURATION: &str = r#"<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/SessionDuration"><saml:AttributeValue>5400</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups">"#;

async fn home(house: &House, browser: &mut Browser, xml: &str, id: &str) -> String {
    unasked(house, browser, &field(xml, id)).await;
    browser.get(house, "/console").await.body
}

/// What the page says of the ends of the role and of the console.
fn ends(page: &str) -> [&str; 2] {
    ["Role ends", "Console ends"].map(|title| {
        let from = page.find(title).unwrap_or_else(|| panic!("no {title} in {page}"));
        let from = from + page[from..].find("Z: ").expect("a rule") + 3;
        &page[from..from + page[from..].find(")</span>").expect("an end")]
    })
}

#[tokio::test]
async fn each_end_is_told_with_the_rule_that_set_it() {
    let house = open().await;
    let (role, idp) =
        ("max_session of the role", "your session at the identity provider ends then (SessionNotOnOrAfter)");
    let (console, with_it) = ("console.session_duration of this gateway", "it ends with the console");
    let asserted = "your identity provider gives you so long (SessionDuration)";
    let ends_at = |time: &str| format!("SessionNotOnOrAfter=\"2031-01-01T{time}Z\"");
    let cases: [(&str, &dyn Fn(String) -> String, [&str; 2]); 5] = [
        ("as it is", &|xml| xml, [role, idp]),
        ("no end there", &|xml| changed(&xml, PLAIN, ""), [role, console]),
        ("it ends there first", &|xml| changed(&xml, PLAIN, &ends_at("12:30:00")), [idp, idp]),
        (
            "an hour and a half",
            &|xml| changed(&changed(&xml, PLAIN, ""), r#"<saml:Attribute Name="groups">"#, DURATION),
            [with_it, asserted],
        ),
        ("twelve hours and more", &|xml| changed(&xml, PLAIN, &ends_at("23:59:59")), [role, idp]),
    ];
    for (n, (what, change, expected)) in cases.into_iter().enumerate() {
        let id = n.to_string();
        let mut browser = Browser::default();
        let page = home(&house, &mut browser, &change(unsigned(&house, &id)), &id).await;
        assert_eq!(ends(&page), expected, "{what}");
    }
}

#[tokio::test]
async fn and_of_those_who_came_by_a_url() {
    let house = open().await;
    let credentials = admin(&house, "1").await;
    let assume =
        [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", GUEST), ("RoleSessionName", "chained")];
    let chained = call(&house, &credentials, &assume).await.credentials();
    let with_credentials = "the credentials that opened it end then";
    for (by, more, expected) in [
        (&credentials, &[][..], ["as was asked for", with_credentials]),
        (&credentials, &[("SessionDuration", "900")], ["as was asked for", "as was asked for"]),
        (&chained, &[], ["a chained role lasts an hour at most", with_credentials]),
    ] {
        let mut browser = Browser::default();
        let answer = browser.get(&house, &login_url(&signin_token(&house, by, more).await, "")).await;
        let page = browser.follow(&house, answer).await;
        assert_eq!(ends(&page.body), expected);
    }
}

/// The world in which the role may read files, within a boundary.
fn bounded() -> String {
    let old = r#"policies = [{ name = "chain", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"}]}' }]"#;
    let files = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::files","arn:aws:s3:::files/*"]},{"Effect":"Deny","Action":"s3:*","Resource":"arn:aws:s3:::files/secret/*"},{"Effect":"Allow","Action":"ec2:StartInstances","Resource":"*","Condition":{"StringEquals":{"aws:PrincipalTag/team":["blue","<b>red</b>"]}}}]}"#;
    let boundary = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}"#;
    let new = format!("policies = [{{ name = \"files\", json = '{files}' }}]\nboundary = {{ json = '{boundary}' }}");
    changed(WORLD, old, &new)
}

#[tokio::test]
async fn what_is_allowed_is_told_and_shown() {
    let house = House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| bounded()).await;
    let mut browser = Browser::default();
    let page = home(&house, &mut browser, &unsigned(&house, "1"), "1").await;
    for text in [
        "<h3>s3</h3>",
        "may read (GetObject, ListBucket) on files, files/*",
        "<strong>may not</strong> do everything on files/secret/*",
        "<h3>ec2</h3>",
        "may use (StartInstances) everywhere, if StringEquals aws:PrincipalTag/team blue, &#60;b&#62;red&#60;/b&#62;",
        "At most, by the boundary",
        "every service: may do everything but iam:* everywhere",
        "<summary>Policy files</summary>",
        "&#34;Sid&#34;: &#34;Read&#34;",
        "&#34;NotAction&#34;: &#34;iam:*&#34;",
    ] {
        assert!(page.contains(text), "{text} is not in {page}");
    }
    // What is shown is what decides: written down again, it is read as the same policy.
    let policy = gatehouse::policy::Policy::identity(&shown_policy(&page, "Policy files")).expect("a policy");
    assert_eq!(policy.statements().count(), 3);
}

fn shown_policy(page: &str, title: &str) -> String {
    let mark = format!("aria-label=\"{title}\">");
    let from = page.find(&mark).expect("the policy") + mark.len();
    let text = &page[from..from + page[from..].find("</pre>").expect("an end")];
    text.replace("&#34;", "\"").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&").replace("&#39;", "'")
}

#[tokio::test]
async fn session_policies_bound_what_is_told() {
    let house = House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| bounded()).await;
    let own = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;
    let parameters = [
        ("RoleArn", ADMIN),
        ("PrincipalArn", crate::front::CORP),
        ("SAMLAssertion", &field(&unsigned(&house, "1"), "1")),
    ];
    let limited = house.sts("AssumeRoleWithSAML", &[&parameters[..], &[("Policy", own)]].concat()).await.credentials();
    let mut browser = Browser::default();
    let answer = browser.get(&house, &login_url(&signin_token(&house, &limited, &[]).await, "")).await;
    let page = browser.follow(&house, answer).await.body;
    assert!(page.contains("At most, by the policies of this session"), "{page}");
    assert!(
        page.contains("s3: may read (GetObject) everywhere") && page.contains("<summary>Session policy "),
        "{page}"
    );
}

async fn signed_in(house: &House) -> (Browser, String) {
    let mut browser = Browser::default();
    let page = home(house, &mut browser, &unsigned(house, "1"), "1").await;
    let csrf = hidden(&page, "csrf");
    (browser, csrf)
}

#[tokio::test]
async fn credentials_come_in_each_form() {
    let house = open().await;
    let (mut browser, csrf) = signed_in(&house).await;
    let page = browser.post(&house, "/console/credentials", &[("csrf", &csrf)]).await;
    let credentials = shown(&page.body);
    let text = page.body.replace("&#34;", "\"").replace("&#39;", "'");
    let from = text.find("{\"Version\": 1").expect("the file");
    let file: serde_json::Value = serde_json::from_str(text[from..].lines().next().unwrap()).expect("JSON");
    let member = |name: &str| file[name].as_str().map(str::to_owned);
    let by_file = Credentials {
        id: member("AccessKeyId").unwrap(),
        secret: member("SecretAccessKey").unwrap(),
        token: member("SessionToken"),
    };
    assert_eq!((&file["Version"], member("Expiration")), (&serde_json::json!(1), Some("2031-01-01T14:00:00Z".into())));
    assert_eq!((&by_file.id, &by_file.secret), (&credentials.id, &credentials.secret));
    let me = get_caller_identity(&house, &by_file).await;
    assert_eq!(me.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    for piece in [
        "umask 077",
        "credential_process = sh -c 'cat ~/.aws/gatehouse.json'",
        "$Env:AWS_SESSION_TOKEN=",
        "[gatehouse]",
    ] {
        assert!(text.contains(piece), "{piece} is not in {text}");
    }
    for button in ["for-bash", "for-powershell", "for-file", "for-process", "for-config"] {
        assert!(text.contains(&format!("data-copy=\"{button}\" hidden")) && text.contains(&format!("id=\"{button}\"")));
    }
}

async fn share(house: &House, browser: &mut Browser, csrf: &str, more: &[(&str, &str)]) -> Answer {
    browser.post(house, "/console/signin-url", &[&[("csrf", csrf)][..], more].concat()).await
}

/// The URL that is shown once.
fn shared(page: &str) -> String {
    let mark = "aria-label=\"The sign-in URL\">";
    let from = page.find(mark).unwrap_or_else(|| panic!("no URL in {page}")) + mark.len();
    page[from..from + page[from..].find("</pre>").unwrap()].replace("&#38;", "&")
}

#[tokio::test]
async fn a_sign_in_url_of_ones_own_opens_another_browser_once() {
    let house = open().await;
    let (mut browser, csrf) = signed_in(&house).await;
    let page = share(&house, &mut browser, &csrf, &[("duration", "900"), ("destination", "/console/roles")]).await;
    assert_eq!((page.status, page.headers["cache-control"].as_str()), (200, "no-store"), "{}", page.body);
    let url = shared(&page.body);
    assert!(!browser.get(&house, "/console").await.body.contains("SigninToken="), "it is shown once");
    let mut other = Browser::default();
    let answer = other.get(&house, &url).await;
    let confirmed = other.get(&house, answer.location.as_deref().unwrap()).await;
    assert_eq!(confirmed.location, Some(house.url("/console/roles")));
    let there = who(&house, &mut other).await;
    assert_eq!((&there["role"], &there["expires"]), (&ADMIN.into(), &"2031-01-01T12:15:00Z".into()));
    let again = Browser::default().get(&house, &url).await;
    assert_eq!((again.status, house.code(&again).await.as_str()), (400, "console.token-spent"));
    // Sign-out here leaves what is worn there; the token itself is nowhere on record.
    let token = url.split("SigninToken=").nth(1).unwrap().to_owned();
    let everything = house.rows("SELECT steps FROM trace UNION ALL SELECT record FROM audit").await.concat().concat();
    assert!(!everything.contains(&token));
    assert!(everything.contains("GetSigninToken"), "but that there was one is");
}

#[tokio::test]
async fn it_is_made_for_its_own_page_and_leads_to_listed_places() {
    let house = open().await;
    let (mut browser, csrf) = signed_in(&house).await;
    for (form, status, code) in [
        (&[("csrf", "x")][..], 403, "console.foreign-form"),
        (&[("csrf", &*csrf), ("destination", "//evil.test")], 400, "console.bad-destination"),
        (&[("csrf", &*csrf), ("duration", "60")], 400, "console.bad-duration"),
    ] {
        let answer = browser.post(&house, "/console/signin-url", form).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (status, code));
        assert!(!answer.body.contains("SigninToken"), "{}", answer.body);
    }
    assert!(house.rows("SELECT expires FROM signin_token").await.is_empty());
    house.clock.advance(Duration::hours(2));
    let late = share(&house, &mut browser, &csrf, &[]).await;
    assert_eq!(
        (late.status, house.code(&late).await.as_str()),
        (400, "console.credentials-ended"),
        "the role has ended"
    );
}

/// Who has switched is the role that they switched to, on this page and in what they take along from it.
#[tokio::test]
async fn while_switched_the_page_is_of_that_role_alone() {
    use crate::switch_world::{READER, alice, back, switched};
    let house = crate::switch_world::open().await;
    let mut browser = alice(&house).await;
    let before = browser.get(&house, "/console").await.body;
    assert!(before.contains("on files/admin/*") || before.contains("on admin/*"), "{before}");
    switched(&house, &mut browser, "production", "team/Reader").await;
    let page = browser.get(&house, "/console").await.body;
    assert!(page.contains("may read (GetObject) on files/reader/*") && !page.contains("admin/*"), "{page}");
    assert_eq!(ends(&page)[0], "it ends with the role that you switched from");
    let shared = shared(&share(&house, &mut browser, &hidden(&page, "csrf"), &[]).await.body);
    let mut other = Browser::default();
    let answer = other.get(&house, &shared).await;
    other.follow(&house, answer).await;
    assert_eq!(who(&house, &mut other).await["role"], READER, "and what they came with stays here");
    back(&house, &mut browser).await;
    assert!(browser.get(&house, "/console").await.body.contains("admin/*"));
}
