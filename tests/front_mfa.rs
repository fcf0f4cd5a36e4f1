//! A second factor of federated people: what the provider's expression tells, the trip back to the provider for a role
//! that wants one, and the API. (By OpenID Connect: `front_mfa_oidc`.)

use crate::command_sessions::revoke;
use crate::front::{ADMIN, WORLD, assume_with_saml, field, files, unsigned};
use crate::front_console::who;
use crate::house::{Address, Answer, Browser, House, hidden};
use crate::saml_identity::{NOW, changed};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use gatehouse::ambient::Clock;
use std::io::Read;
use time::Duration;

const VAULT: &str = "arn:aws:iam::111122223333:role/Vault";
const PASSWORD: &str = "urn:oasis:names:tc:SAML:2.0:ac:classes:Password";
const MFA: &str = "https://refeds.org/profile/mfa";
const CONTEXT: &str = r#"mfa = 'authn_context == "https://refeds.org/profile/mfa"'
mfa_context = ["https://refeds.org/profile/mfa"]"#;
const WITHIN_THE_HOUR: &str =
    r#""Bool":{"aws:MultiFactorAuthPresent":"true"},"NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}"#;

/// A house whose first provider has `settings`, with a role Vault under `condition`.
async fn open(settings: &str, condition: &str) -> House {
    let world = WORLD.replacen("idp_initiated = true", &format!("idp_initiated = true\n{settings}"), 1);
    let vault = format!(
        r#"
[[role]]
arn = "{VAULT}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{{"Sid":"Vault","Effect":"Allow","Principal":{{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"}},"Action":"sts:AssumeRoleWithSAML","Condition":{{{condition}}}}}]}}' }}
"#
    );
    House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| world + &vault).await
}

/// What the browser carries to the identity provider.
pub(crate) struct Trip {
    pub(crate) relay_state: String,
    pub(crate) request: String,
    xml: String,
}

impl Trip {
    fn to(url: &str) -> Self {
        let url = url::Url::parse(url).unwrap();
        let value = |name: &str| url.query_pairs().find(|(n, _)| n == name).unwrap().1.into_owned();
        let mut xml = String::new();
        let deflated = STANDARD.decode(value("SAMLRequest")).unwrap();
        flate2::read::DeflateDecoder::new(&*deflated).read_to_string(&mut xml).unwrap();
        let from = xml.find(" ID=\"").unwrap() + 5;
        let request = xml[from..from + xml[from..].find('"').unwrap()].to_owned();
        Self { relay_state: value("RelayState"), request, xml }
    }

    async fn begin(house: &House, browser: &mut Browser, query: &str) -> Self {
        let answer = browser.get(house, &format!("/saml/login/111122223333:corp{query}")).await;
        let trip = Self::to(answer.location.as_deref().unwrap());
        assert!(!trip.xml.contains("ForceAuthn") && !trip.xml.contains("RequestedAuthnContext"), "{}", trip.xml);
        trip
    }

    /// The page that sends somebody back for a second factor.
    pub(crate) fn on(page: &Answer) -> Self {
        assert_eq!((page.status, page.location.as_deref()), (200, None), "{}", page.body);
        let mark = "<meta http-equiv=\"refresh\" content=\"0; url=";
        let from = page.body.find(mark).unwrap_or_else(|| panic!("no trip in {}", page.body)) + mark.len();
        let url = page.body[from..from + page.body[from..].find('"').unwrap()].replace("&#38;", "&");
        assert!(page.body.contains("This role wants a second factor."), "{}", page.body);
        let trip = Self::to(&url);
        assert!(trip.xml.contains(" ForceAuthn=\"true\""), "{}", trip.xml);
        let class = format!("<saml:AuthnContextClassRef>{MFA}</saml:AuthnContextClassRef>");
        let asked = format!("<samlp:RequestedAuthnContext Comparison=\"exact\">{class}</samlp:RequestedAuthnContext>");
        assert!(trip.xml.contains(&asked), "{}", trip.xml);
        trip
    }

    /// The identity provider's answer: the person, the context, and the time of the authentication.
    async fn answer(self, house: &House, browser: &mut Browser, id: &str, says: (&str, &str, &str)) -> Answer {
        let xml = changed(
            &assertion(house, id, says),
            " Destination=",
            &format!(" InResponseTo=\"{}\" Destination=", self.request),
        );
        let xml = changed(&xml, " Recipient=", &format!(" InResponseTo=\"{}\" Recipient=", self.request));
        let form = [("SAMLResponse", &*field(&xml, id)), ("RelayState", &self.relay_state)];
        browser.post(house, "/saml/acs", &form).await
    }
}

/// Roles Admin and Vault for somebody who authenticated like this.
fn assertion(house: &House, id: &str, (person, context, at): (&str, &str, &str)) -> String {
    let both = format!(
        "{ADMIN},arn:aws:iam::111122223333:saml-provider/corp</saml:AttributeValue><saml:AttributeValue>{VAULT},arn:aws:iam::111122223333:saml-provider/corp</saml:AttributeValue>"
    );
    let one = format!("{ADMIN},arn:aws:iam::111122223333:saml-provider/corp</saml:AttributeValue>");
    let xml = changed(&unsigned(house, id), &one, &both);
    let xml = changed(&xml, PASSWORD, context);
    let xml = changed(&xml, "AuthnInstant=\"2031-01-01T11:58:30Z\"", &format!("AuthnInstant=\"2031-01-01T{at}Z\""));
    xml.replace(">alice@example.com<", &format!(">{person}@example.com<"))
}

const BY_PASSWORD: (&str, &str, &str) = ("alice", PASSWORD, "11:58:30");
const BY_BOTH: (&str, &str, &str) = ("alice", MFA, "12:00:00");

async fn chosen(house: &House, browser: &mut Browser, role: &str) -> Answer {
    let csrf = hidden(&browser.get(house, "/console/roles").await.body, "csrf");
    browser.post(house, "/console/choose", &[("role", role), ("csrf", &csrf)]).await
}

async fn refused(house: &House, answer: &Answer, code: &str) {
    assert_eq!((answer.status, answer.location.as_deref()), (403, None), "{}", answer.body);
    assert!(answer.cookies.iter().all(|cookie| cookie.contains("Max-Age=0")), "{:?}", answer.cookies);
    assert_eq!(house.code(answer).await, code, "{}", answer.body);
}

#[tokio::test]
async fn the_chooser_says_so_and_the_trip_gives_the_role() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let mut browser = Browser::default();
    let trip = Trip::begin(&house, &mut browser, "").await;
    let answer = trip.answer(&house, &mut browser, "1", BY_PASSWORD).await;
    assert_eq!(answer.location.as_deref(), Some("/console/roles"), "{}", answer.body);
    let page = browser.get(&house, "/console/roles").await.body;
    assert_eq!(page.matches("needs MFA").count(), 1, "{page}");
    assert!(page[page.find("<strong>Vault").unwrap()..].contains("needs MFA"), "{page}");
    let csrf = hidden(&page, "csrf");
    let forged = browser.post(&house, "/console/choose", &[("role", VAULT), ("csrf", "x")]).await;
    assert_eq!(forged.status, 403);
    let former = browser.cookies["__Host-s1"].clone();
    let page = browser.post(&house, "/console/choose", &[("role", VAULT), ("csrf", &csrf)]).await;
    let trip = Trip::on(&page);
    assert_eq!(who(&house, &mut browser).await["signed_in"], true, "nobody is signed out for it");
    let answer = trip.answer(&house, &mut browser, "2", BY_BOTH).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console")), "{}", answer.body);
    let session = who(&house, &mut browser).await;
    assert_eq!((session["role"].as_str(), session["session_name"].as_str()), (Some(VAULT), Some("alice@example.com")));
    let mut kept = Browser { cookies: [("__Host-s1".to_owned(), former)].into() };
    assert_eq!(who(&house, &mut kept).await["signed_in"], false, "the former session has ended");
}

#[tokio::test]
async fn an_answer_without_a_second_factor_is_refused_and_nobody_goes_in_circles() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let mut browser = Browser::default();
    Trip::begin(&house, &mut browser, "").await.answer(&house, &mut browser, "1", BY_PASSWORD).await;
    let trip = Trip::on(&chosen(&house, &mut browser, VAULT).await);
    let answer = trip.answer(&house, &mut browser, "2", ("alice", PASSWORD, "12:00:00")).await;
    refused(&house, &answer, "trust.mfa-missing").await;
    let steps = house.trace(&answer.request_id).await;
    let step = steps.iter().rfind(|step| step.code.is_some()).unwrap();
    assert_eq!(step.expected.as_deref(), Some("mfa = authn_context == \"https://refeds.org/profile/mfa\""));
    assert_eq!(step.received.as_deref(), Some(&*format!("authentication context {PASSWORD}")));
    let denied = house.rows("SELECT record FROM audit WHERE record LIKE '%trust.mfa-missing%'").await;
    assert_eq!(denied.len(), 1, "the denial is in the book");
    let session = who(&house, &mut browser).await;
    assert_eq!((session["signed_in"].as_bool(), session["role"].as_str()), (Some(true), None), "as before");
    // A new authentication was asked for: an old one is none, whatever it says.
    let trip = Trip::on(&chosen(&house, &mut browser, VAULT).await);
    let answer = trip.answer(&house, &mut browser, "3", ("alice", MFA, "11:58:59")).await;
    refused(&house, &answer, "saml.authn-too-old").await;
}

#[tokio::test]
async fn whoever_is_barred_meanwhile_does_not_come_back() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let mut browser = Browser::default();
    Trip::begin(&house, &mut browser, "").await.answer(&house, &mut browser, "1", BY_PASSWORD).await;
    let trip = Trip::on(&chosen(&house, &mut browser, VAULT).await);
    revoke(&house, &["--provider", "111122223333:corp", "--subject", "alice@example.com"]).await;
    let answer = trip.answer(&house, &mut browser, "2", BY_BOTH).await;
    refused(&house, &answer, "sts.person-barred").await;
    assert_eq!(who(&house, &mut browser).await["signed_in"], false);
}

#[tokio::test]
async fn the_age_counts_from_the_authentication_to_the_moment_of_choosing() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let mut browser = Browser::default();
    let trip = Trip::begin(&house, &mut browser, "").await;
    trip.answer(&house, &mut browser, "1", ("alice", MFA, "11:58:30")).await;
    assert_eq!(chosen(&house, &mut browser, ADMIN).await.status, 303);
    house.clock.advance(Duration::seconds(3_600 - 90 - 1));
    assert!(!browser.get(&house, "/console/roles").await.body.contains("needs MFA"), "3599 s");
    house.clock.advance(Duration::SECOND);
    assert!(browser.get(&house, "/console/roles").await.body.contains("needs MFA"), "3600 s");
    let page = chosen(&house, &mut browser, VAULT).await;
    let steps = house.trace(&page.request_id).await;
    let step = steps.iter().find(|step| step.check == "trust.mfa").expect("what is known");
    assert_eq!(step.received.as_deref(), Some("a second factor, 3600 s ago"));
    Trip::on(&page);
}

#[tokio::test]
async fn a_link_to_the_role_makes_the_trip_by_itself_once() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let link = format!("?role={VAULT}&destination=/console/session");
    for (id, context, location) in [("1", MFA, Some("/console/session")), ("3", PASSWORD, None)] {
        let mut browser = Browser::default();
        let trip = Trip::begin(&house, &mut browser, &link).await;
        let page = trip.answer(&house, &mut browser, id, BY_PASSWORD).await;
        let trip = Trip::on(&page);
        assert_eq!(who(&house, &mut browser).await["signed_in"], true);
        let second = if id == "1" { "2" } else { "4" };
        let answer = trip.answer(&house, &mut browser, second, ("alice", context, "12:00:00")).await;
        match location {
            Some(location) => {
                assert_eq!(answer.location.as_deref().map(|l| l.ends_with(location)), Some(true), "{}", answer.body);
                assert_eq!(who(&house, &mut browser).await["role"], VAULT);
            }
            None => refused(&house, &answer, "trust.mfa-missing").await,
        }
    }
    let mut browser = Browser::default();
    let trip = Trip::begin(&house, &mut browser, &link).await;
    let answer = trip.answer(&house, &mut browser, "5", BY_BOTH).await;
    assert_eq!(answer.status, 303, "whoever has used one already makes no trip");
    assert_eq!(who(&house, &mut browser).await["role"], VAULT);
}

#[tokio::test]
async fn somebody_else_who_comes_back_replaces_nobody_without_a_question() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let mut browser = Browser::default();
    Trip::begin(&house, &mut browser, "").await.answer(&house, &mut browser, "1", BY_PASSWORD).await;
    let trip = Trip::on(&chosen(&house, &mut browser, VAULT).await);
    let answer = trip.answer(&house, &mut browser, "2", ("bob", MFA, "12:00:00")).await;
    assert_eq!((answer.status, answer.location.as_deref()), (303, Some("/console/confirm")), "{}", answer.body);
    let original = who(&house, &mut browser).await["original"].as_str().unwrap().to_owned();
    assert!(original.ends_with("alice@example.com"), "{original}");
    let question = browser.get(&house, "/console/confirm").await.body;
    assert!(question.contains("Sign in as bob@example.com (corp)?"), "{question}");
    let yes = [("answer", "yes"), ("csrf", &*hidden(&question, "csrf")), ("replaces", &*hidden(&question, "replaces"))];
    browser.post(&house, "/console/confirm", &yes).await;
    let session = who(&house, &mut browser).await;
    assert!(session["original"].as_str().unwrap().ends_with("bob@example.com"), "{session}");
    assert_eq!(session["role"], serde_json::Value::Null, "bob wished for nothing");
}

#[tokio::test]
async fn a_provider_that_is_asked_by_post_is_asked_by_post_here_too() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let (directory, clock, url) = house.close().await;
    let idp = std::fs::read_to_string(directory.path().join("idp.xml")).unwrap();
    directory.write("idp.xml", changed(&idp, "bindings:HTTP-Redirect", "bindings:HTTP-POST"));
    let house = House::serve(directory, clock, url).await;
    let mut browser = Browser::default();
    let response = field(&assertion(&house, "1", BY_PASSWORD), "1");
    let waiting = browser.post(&house, "/saml/acs", &[("SAMLResponse", &response)]).await;
    browser.follow(&house, waiting).await;
    let page = chosen(&house, &mut browser, VAULT).await;
    let xml = String::from_utf8(STANDARD.decode(hidden(&page.body, "SAMLRequest")).unwrap()).unwrap();
    assert!(xml.contains(" ForceAuthn=\"true\"") && xml.contains(MFA), "{xml}");
}

#[tokio::test]
async fn the_api_denies_as_aws_does_and_the_trace_says_why() {
    let house = open(CONTEXT, WITHIN_THE_HOUR).await;
    let paper = |id: &str, says| field(&assertion(&house, id, says), id);
    let denied = assume_with_saml(&house, VAULT, &paper("1", BY_PASSWORD)).await;
    assert_eq!(denied.refusal(), (403, "AccessDenied"));
    assert_eq!(denied.element("Message"), "Not authorized to perform sts:AssumeRoleWithSAML");
    assert_eq!(house.code(&denied).await, "trust.mfa-missing");
    assert_eq!(assume_with_saml(&house, VAULT, &paper("2", BY_BOTH)).await.status, 200);
    let old = assume_with_saml(&house, VAULT, &paper("3", ("alice", MFA, "11:00:00"))).await;
    assert_eq!(house.code(&old).await, "trust.mfa-missing", "3600 s");
    assert_eq!(assume_with_saml(&house, VAULT, &paper("4", ("alice", MFA, "11:00:01"))).await.status, 200);
    // A time that has not come yet tells no age.
    let ahead = assume_with_saml(&house, VAULT, &paper("5", ("alice", MFA, "12:05:01"))).await;
    assert_eq!(house.code(&ahead).await, "trust.mfa-missing");
}

/// What each kind of condition makes of a provider that tells, one that tells no, and one that does not tell.
#[tokio::test]
async fn absent_false_and_true_are_three_things() {
    let present = |operator: &str, value: &str| format!(r#""{operator}":{{"aws:MultiFactorAuthPresent":"{value}"}}"#);
    let rows = [
        (present("Bool", "true"), [true, false, false]),
        (present("Bool", "false"), [false, true, false]),
        (present("BoolIfExists", "true"), [true, false, true]),
        (present("Null", "true"), [false, false, true]),
        (r#""Null":{"aws:MultiFactorAuthAge":"true"}"#.to_owned(), [false, true, true]),
        (r#""NumericLessThanIfExists":{"aws:MultiFactorAuthAge":"10"}"#.to_owned(), [true, true, true]),
        (r#""DateLessThan":{"aws:CurrentTime":"2031-01-01T12:00:01Z"}"#.to_owned(), [true, true, true]),
        (r#""NumericGreaterThan":{"aws:EpochTime":"1925035200"}"#.to_owned(), [false, false, false]),
    ];
    for (condition, expected) in rows {
        let telling = open(CONTEXT, &condition).await;
        let silent = open("", &condition).await;
        for (house, says, allowed) in
            [(&telling, BY_BOTH, expected[0]), (&telling, BY_PASSWORD, expected[1]), (&silent, BY_BOTH, expected[2])]
        {
            let id = if allowed { says.1.len().to_string() } else { format!("n{}", says.1.len()) };
            let answer = assume_with_saml(house, VAULT, &field(&assertion(house, &id, says), &id)).await;
            assert_eq!(answer.status == 200, allowed, "{condition} {says:?}: {}", answer.body);
        }
    }
    let silent = open("", WITHIN_THE_HOUR).await;
    let answer = assume_with_saml(&silent, VAULT, &field(&assertion(&silent, "1", BY_BOTH), "1")).await;
    assert_eq!(house_code(&silent, &answer).await, "trust.no-statement-allows", "nothing could help");
}

async fn house_code(house: &House, answer: &Answer) -> String {
    let steps = house.trace(&answer.request_id).await;
    let sentence = steps.iter().rev().find_map(|step| step.sentence.clone()).unwrap_or_default();
    let nearest = "the nearest is Vault: Bool on aws:MultiFactorAuthPresent wants true; the request has no such key";
    assert!(sentence.ends_with(nearest), "{sentence}");
    house.code(answer).await
}

#[tokio::test]
async fn an_expression_that_fails_has_shown_nothing() {
    let house = open("mfa = 'claims.factors[1] == \"otp\"'", WITHIN_THE_HOUR).await;
    let answer = assume_with_saml(&house, VAULT, &field(&assertion(&house, "1", BY_BOTH), "1")).await;
    assert_eq!(answer.refusal(), (403, "AccessDenied"));
    let codes: Vec<String> =
        house.trace(&answer.request_id).await.into_iter().filter_map(|step| step.code.map(Into::into)).collect();
    assert_eq!(codes, ["trust.mfa-failed", "trust.mfa-missing"]);
    let admin = assume_with_saml(&house, ADMIN, &field(&assertion(&house, "2", BY_BOTH), "2")).await;
    assert_eq!(admin.status, 200, "a role that wants none is not held up");
}
