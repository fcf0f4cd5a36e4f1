//! The world of switching: people with a role of their own, the roles that it may assume, and a service that is asked what
//! they may.

use crate::break_glass_world::{ON, all_files, world};
use crate::decide_world::{Sent, ask, question, with};
use crate::front::{field, unsigned};
use crate::front_console::{begin, shown};
use crate::house::{Address, Answer, Browser, Credentials, House, hidden};
use crate::saml_identity::{NOW, changed};
use crate::use_case_world::{OURS, SECRET, THEIRS, allow, arn, policy, role, trusts, user};
use gatehouse::ambient::Clock;
use serde_json::{Value, json};

pub(crate) const READER: &str = "arn:aws:iam::111122223333:role/team/Reader";
pub(crate) const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
pub(crate) const MFA: &str = "https://refeds.org/profile/mfa";
const EXPRESSION: &str =
    "mfa = 'authn_context == \"https://refeds.org/profile/mfa\"'\nmfa_context = [\"https://refeds.org/profile/mfa\"]";

/// Admin is what people come with: it may assume whatever lets it. Reader is what they switch to, and it may assume nothing;
/// Deep trusts Reader alone, Deploy and Sealed are Admin's and Reader's in the other account, Vendor wants an external id, Vault and Safe want a second factor.
pub(crate) fn config() -> String {
    let corp = |account: &str| json!({ "Federated": format!("arn:aws:iam::{account}:saml-provider/corp") });
    let own = |path: &str| allow("s3:GetObject", &format!("arn:aws:s3:::files/{path}/*"));
    let given = |name: &str, permissions: Value| {
        role(OURS, name, json!([trusts(corp(OURS), "sts:AssumeRoleWithSAML")]), permissions)
    };
    let on = |condition: Value, mut statement: Value| {
        statement["Condition"] = condition;
        statement
    };
    let second = json!({ "Bool": { "aws:MultiFactorAuthPresent": "true" } });
    let ours = || trusts(json!({ "AWS": OURS }), "sts:AssumeRole");
    let parts = [
        role(OURS, "team/Reader", json!([ours()]), json!([own("reader")])),
        role(OURS, "Deep", json!([trusts(json!({ "AWS": READER }), "sts:AssumeRole")]), json!([own("deep")])),
        role(THEIRS, "Deploy", json!([trusts(json!({ "AWS": arn(OURS, "Admin") }), "sts:AssumeRole")]), json!([])),
        role(THEIRS, "Sealed", json!([trusts(json!({ "AWS": READER }), "sts:AssumeRole")]), json!([])),
        role(
            OURS,
            "Vendor",
            json!([on(json!({ "StringEquals": { "sts:ExternalId": "Ticket-7" } }), ours())]),
            json!([]),
        ),
        role(OURS, "Vault", json!([on(second.clone(), ours())]), json!([own("vault")])),
        role(OURS, "Safe", json!([on(second, trusts(corp(OURS), "sts:AssumeRoleWithSAML"))]), json!([own("safe")])),
        (1..5).map(|nth| role(OURS, &format!("r{nth}"), json!([ours()]), json!([]))).collect(),
        given("Plain", json!([own("plain")])),
        user(OURS, "files", json!([allow("gatehouse:Decide", "*")])),
        user(OURS, "broker", json!([allow("*", "*")])),
    ];
    let files = policy(json!([own("admin"), allow("gatehouse:*", "*")]));
    let world = changed(
        &world(ON),
        "policies = [{ name = \"chain\"",
        &format!("policies = [{{ name = \"files\", json = '{files}' }}, {{ name = \"chain\""),
    );
    let world = world.replacen("idp_initiated = true", &format!("idp_initiated = true\n{EXPRESSION}"), 1);
    world.replacen("break_glass = true", "break_glass = true\ndestinations = [\"https://grafana.example.com/d/\"]", 1)
        + &parts.concat()
}

pub(crate) async fn open() -> House {
    let mut files = all_files();
    files.push(("secret", SECRET.to_owned()));
    House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| config()).await
}

/// An assertion with these roles (ARNs) for somebody who authenticated like this.
pub(crate) fn assertion(house: &House, id: &str, person: &str, context: &str, roles: &[&str]) -> String {
    let pair = |role: &&str| {
        let account = role.split(':').nth(4).expect("an account");
        format!("<saml:AttributeValue>{role},arn:aws:iam::{account}:saml-provider/corp</saml:AttributeValue>")
    };
    let pairs: String = roles.iter().map(pair).collect();
    let xml = changed(&unsigned(house, id), &pair(&crate::front::ADMIN), &pairs);
    let xml = changed(&xml, "AuthnInstant=\"2031-01-01T11:58:30Z\"", "AuthnInstant=\"2031-01-01T12:00:00Z\"");
    changed(&xml, PASSWORD, context).replace(">alice@example.com<", &format!(">{person}@example.com<"))
}

/// The identity provider's answer to a request.
pub(crate) async fn answer(
    house: &House,
    browser: &mut Browser,
    (relay_state, request): (&str, &str),
    (id, xml): (&str, &str),
) -> Answer {
    let xml = changed(xml, " Destination=", &format!(" InResponseTo=\"{request}\" Destination="));
    let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{request}\" Recipient="));
    browser.post(house, "/saml/acs", &[("SAMLResponse", &field(&xml, id)), ("RelayState", relay_state)]).await
}

/// Signs alice in with these roles and nothing but a password.
pub(crate) async fn sign_in(house: &House, browser: &mut Browser, id: &str, query: &str, roles: &[&str]) -> Answer {
    let (relay_state, request) = begin(house, browser, query).await;
    let xml = assertion(house, id, "alice", PASSWORD, roles);
    answer(house, browser, (&relay_state, &request), (id, &xml)).await
}

/// The same, with Admin alone, which they then wear.
pub(crate) async fn alice(house: &House) -> Browser {
    let mut browser = Browser::default();
    let answer = sign_in(house, &mut browser, "alice", "", &[crate::front::ADMIN]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    browser
}

/// Sends the form that switches, with the session's own token.
pub(crate) async fn switch(
    house: &House,
    browser: &mut Browser,
    account: &str,
    role: &str,
    more: &[(&str, &str)],
) -> Answer {
    let csrf = hidden(&browser.get(house, "/switchrole").await.body, "csrf");
    let form = [("account", account), ("roleName", role), ("csrf", csrf.as_str())];
    let form: Vec<_> = form.into_iter().chain(more.iter().copied()).collect();
    browser.post(house, "/switchrole", &form).await
}

pub(crate) async fn switched(house: &House, browser: &mut Browser, account: &str, role: &str) {
    let answer = switch(house, browser, account, role, &[]).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
}

pub(crate) async fn back(house: &House, browser: &mut Browser) -> Answer {
    let csrf = hidden(&browser.get(house, "/switchrole").await.body, "csrf");
    browser.post(house, "/console/switch/back", &[("csrf", &csrf)]).await
}

/// What the home page gives for the command line.
pub(crate) async fn credentials(house: &House, browser: &mut Browser) -> Credentials {
    let csrf = hidden(&browser.get(house, "/console").await.body, "csrf");
    shown(&browser.post(house, "/console/credentials", &[("csrf", &csrf)]).await.body)
}

/// Whether a service is told that whoever signs with these may read what is under the path.
pub(crate) async fn may_read(house: &House, by: &Credentials, path: &str) -> bool {
    let asked = with(question(Sent::get(house).signed(by)), "resource", json!(format!("arn:aws:s3:::files/{path}/a")));
    ask(house, &asked).await["decision"] == "allow"
}

/// 4xx, no session, and the reason.
pub(crate) async fn refused(house: &House, answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.location.as_deref()), (status, None), "{}", answer.body);
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{:?}", answer.cookies);
    assert_eq!(house.code(answer).await, code, "{}", answer.body);
}
