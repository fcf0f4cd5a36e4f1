//! Single logout through the front door: both directions, both bindings, and what ends nothing.

use crate::front_console::{answer_to, begin, shown, who};
use crate::front_signed::{call, get_caller_identity};
use crate::front_signin_url::{login_url, signin_token};
use crate::house::{Browser, Credentials, House, hidden};
use crate::saml_encrypted::{Encryptor, NOBODYS};
use crate::saml_identity::{IDP, RSA, STRANGER, changed};
use crate::saml_logout::{answer, inflated, open, open_deaf, parameter, post, redirect, request};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;
use time::Duration;

pub(crate) async fn sign_in(house: &House, browser: &mut Browser, id: &str) {
    let (relay_state, asked) = begin(house, browser, "").await;
    let response = answer_to(house, &asked, id, false);
    let arrived = browser.post(house, "/saml/acs", &[("SAMLResponse", &response), ("RelayState", &relay_state)]).await;
    assert_eq!(arrived.status, 303, "{}", arrived.body);
    assert_eq!(who(house, browser).await["signed_in"], true);
}

pub(crate) async fn is_in(house: &House, browser: &mut Browser) -> bool {
    who(house, browser).await["signed_in"] == true
}

pub(crate) async fn credentials(house: &House, browser: &mut Browser) -> Credentials {
    let csrf = hidden(&browser.get(house, "/console").await.body, "csrf");
    shown(&browser.post(house, "/console/credentials", &[("csrf", &csrf)]).await.body)
}

#[tokio::test]
async fn an_identity_provider_ends_a_login_by_redirect() {
    let house = open("").await;
    let (mut first, mut second) = (Browser::default(), Browser::default());
    sign_in(&house, &mut first, "1").await;
    sign_in(&house, &mut second, "2").await;
    // Before the assertion of those who come again below.
    let ordered = changed(&request(&house), "12:00:00Z", "11:58:30Z");
    let asked = redirect("SAMLRequest", &ordered, Some("theirs"), &RSA);
    let told = Browser::default().get(&house, &asked).await;
    assert_eq!(told.status, 303, "{}", told.body);
    let url = told.location.expect("an address");
    assert!(url.starts_with("https://idp.example/slo-answers?SAMLResponse="), "{url}");
    assert_eq!(parameter(&url, "RelayState").as_deref(), Some("theirs"));
    let said = inflated(&parameter(&url, "SAMLResponse").expect("an answer"));
    assert!(said.contains("InResponseTo=\"_logout\"") && said.contains("status:Success"), "{said}");
    assert!(parameter(&url, "Signature").is_some());
    // Both browsers came by the login that it calls `_session`.
    assert!(!is_in(&house, &mut first).await && !is_in(&house, &mut second).await);
    let recorded = house.rows("SELECT record FROM audit WHERE record LIKE '%SamlLogout%'").await;
    assert_eq!(recorded.len(), 1, "{recorded:?}");
    // The same order again ends nothing that has begun since.
    sign_in(&house, &mut first, "3").await;
    let again = Browser::default().get(&house, &asked).await;
    assert_eq!((again.status, house.code(&again).await.as_str()), (403, "saml.logout-replayed"));
    assert!(is_in(&house, &mut first).await);
}

#[tokio::test]
async fn by_post_and_for_all_sessions_if_none_is_named() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let xml = changed(&request(&house), "<samlp:SessionIndex>_session</samlp:SessionIndex>", "");
    let told = Browser::default().post(&house, "/saml/slo", &[("SAMLRequest", &post(&xml, "_logout", &RSA))]).await;
    assert_eq!(told.status, 303, "{}", told.body);
    assert!(!is_in(&house, &mut browser).await);
    let everything = house.rows("SELECT hex(person) || hex(login) FROM role_session").await.concat().concat();
    assert!(!everything.is_empty() && !everything.contains(&hex("alice")), "{everything}");
}

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02X}")).collect()
}

/// Each differs from the good one in one thing, and the person stays signed in.
#[tokio::test]
async fn what_ends_nothing() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let good = redirect("SAMLRequest", &request(&house), Some("theirs"), &RSA);
    let spoilt = |from: &str, to: &str| redirect("SAMLRequest", &changed(&request(&house), from, to), None, &RSA);
    let relayed = "RelayState=theirs";
    let message = good.split('&').next().expect("a part").split('?').nth(1).expect("a query").to_owned();
    let bomb = {
        let mut encoder = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        std::io::Write::write_all(&mut encoder, &vec![b' '; 10_000_000]).expect("memory");
        STANDARD.encode(encoder.finish().expect("memory")).replace('+', "%2B").replace('/', "%2F").replace('=', "%3D")
    };
    let extended = |insert: &str| {
        let extensions = format!("</saml:Issuer><samlp:Extensions>{insert}</samlp:Extensions>");
        spoilt("</saml:Issuer>", &extensions)
    };
    let elements = "<a/>".repeat(5_000);
    let declared = |prefix: char| (0..12).map(|n| format!("xmlns:{prefix}{n}='urn:x' ")).collect::<String>();
    for (what, path, code) in [
        ("unsigned", format!("/saml/slo?{message}"), "saml.logout-unsigned"),
        ("wrong key", redirect("SAMLRequest", &request(&house), None, &STRANGER), "saml.signature"),
        ("changed RelayState", changed(&good, relayed, "RelayState=others"), "saml.signature"),
        ("RelayState taken away", changed(&good, &format!("&{relayed}"), ""), "saml.signature"),
        ("message twice", format!("{good}&{message}"), "saml.logout-query"),
        ("RelayState first", changed(&good, "/saml/slo?", "/saml/slo?RelayState=theirs&"), "saml.logout-query"),
        ("name in disguise", changed(&good, "SAMLRequest=", "SAMLRequ%65st="), "saml.logout-query"),
        ("encoded anew", changed(&good, "RelayState=theirs", "RelayState=%74heirs"), "saml.signature"),
        (
            "bomb",
            format!(
                "/saml/slo?SAMLRequest={bomb}&SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256&Signature=AAAA"
            ),
            "saml.logout-inflate",
        ),
        ("SHA-1", changed(&good, "xmldsig%2Dmore%23rsa%2Dsha256", "xmldsig%23rsa%2Dsha1"), "saml.signature-method"),
        ("other destination", spoilt("/saml/slo\"", "/saml/slo/\""), "saml.logout-destination"),
        ("no destination", spoilt("Destination=", "destination="), "saml.logout-destination"),
        ("old", spoilt("12:00:00Z", "11:53:00Z"), "saml.logout-too-old"),
        ("of the future", spoilt("12:00:00Z", "12:02:00Z"), "saml.logout-in-future"),
        ("over", spoilt("IssueInstant", "NotOnOrAfter=\"2031-01-01T11:58:00Z\" IssueInstant"), "saml.logout-expired"),
        ("version", spoilt("Version=\"2.0\"", "Version=\"1.1\""), "saml.version"),
        ("stranger's", spoilt(IDP, "https://other.example"), "saml.unknown-issuer"),
        (
            "two names",
            spoilt("<samlp:SessionIndex>", "<saml:NameID>a</saml:NameID><samlp:SessionIndex>"),
            "saml.logout-name-id",
        ),
        (
            "a long namespace",
            extended(&format!("<q xmlns='urn:{}'>{elements}</q>", "x".repeat(32_000))),
            "saml.namespace-name",
        ),
        ("a namespace by reference", extended("<q xmlns='urn:&#120;'/>"), "saml.namespace-name"),
        (
            "many namespaces in scope",
            extended(&format!("<q {}><q {}>{elements}</q></q>", declared('a'), declared('b'))),
            "saml.too-many-nodes",
        ),
        ("many elements", extended(&elements.repeat(2)), "saml.too-many-nodes"),
        ("another message", spoilt("LogoutRequest", "ManageNameIDRequest"), "saml.logout-root"),
    ] {
        let answer = Browser::default().get(&house, &path).await;
        assert!((400..500).contains(&answer.status), "{what}: {}", answer.status);
        assert_eq!(house.code(&answer).await, code, "{what}");
        assert!(is_in(&house, &mut browser).await, "{what}");
    }
    for (what, xml, code) in [
        ("unsigned", STANDARD.encode(request(&house)), "saml.unsigned"),
        ("wrong key", post(&request(&house), "_logout", &STRANGER), "saml.signature"),
        ("a response", post(&answer(&house, "_x"), "_answer", &RSA), "saml.logout-root"),
    ] {
        let answer = Browser::default().post(&house, "/saml/slo", &[("SAMLRequest", &xml)]).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, code), "{what}");
        assert!(is_in(&house, &mut browser).await, "{what}");
    }
    // Heard, answered, and of nobody who is here.
    for (from, to) in [("alice@", "mallory@"), (">_session<", ">_another<"), ("format:persistent", "format:transient")]
    {
        let id = format!("ID=\"_{}\"", hex(to));
        let xml = changed(&changed(&request(&house), from, to), "ID=\"_logout\"", &id);
        let answer = Browser::default().get(&house, &redirect("SAMLRequest", &xml, None, &RSA)).await;
        assert_eq!(answer.status, 303, "{to}: {}", answer.body);
        assert!(is_in(&house, &mut browser).await, "{to}");
    }
}

#[tokio::test]
async fn a_person_may_be_named_in_ciphertext() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let by = Encryptor::by_metadata(&house.get("/saml/metadata").await.body);
    let plain = changed(&request(&house), "12:00:00Z", "11:58:30Z");
    let sealed = by.name(&plain);
    let (before, after) = sealed.split_once("<saml:EncryptedID").expect("a name");
    for (what, xml, code) in [
        ("nobody's", Encryptor::to(&NOBODYS.certificate).name(&plain), "saml.decryption"),
        (
            "in plain as well",
            format!("{before}<saml:NameID>a</saml:NameID><saml:EncryptedID{after}"),
            "saml.logout-name-id",
        ),
        ("twice", format!("{before}<saml:EncryptedID/><saml:EncryptedID{after}"), "saml.encrypted"),
        ("something else", changed(&plain, ">_session<", "><saml:EncryptedID/><"), "saml.encrypted"),
        ("a BaseID", plain.replace("saml:NameID", "saml:BaseID"), "saml.unexpected-element"),
    ] {
        let answer = Browser::default().get(&house, &redirect("SAMLRequest", &xml, None, &RSA)).await;
        assert_eq!((answer.status, house.code(&answer).await.as_str()), (403, code), "{what}");
        assert!(is_in(&house, &mut browser).await, "{what}");
    }
    let unsigned = Browser::default().post(&house, "/saml/slo", &[("SAMLRequest", &STANDARD.encode(&sealed))]).await;
    assert_eq!(house.code(&unsigned).await, "saml.unsigned", "before anything is opened");
    let steps = house.trace(&unsigned.request_id).await;
    assert!(steps.iter().all(|step| step.check != "saml.decryption"), "{steps:?}");

    let told = Browser::default().get(&house, &redirect("SAMLRequest", &sealed, None, &RSA)).await;
    assert_eq!(told.status, 303, "{}", told.body);
    assert!(!is_in(&house, &mut browser).await);
    sign_in(&house, &mut browser, "2").await;
    // What the signature covers may be of the kind that needs one.
    let blocks = changed(&by.with("aes128-cbc").name(&plain), "ID=\"_logout\"", "ID=\"_second\"");
    let told = Browser::default().post(&house, "/saml/slo", &[("SAMLRequest", &post(&blocks, "_second", &RSA))]).await;
    assert_eq!(told.status, 303, "{}", told.body);
    assert!(!is_in(&house, &mut browser).await);
}

/// Signs out, and returns the address that the identity provider is told at.
async fn sign_out(house: &House, browser: &mut Browser) -> String {
    let csrf = hidden(&browser.get(house, "/console").await.body, "csrf");
    let page = browser.post(house, "/console/signout", &[("csrf", &csrf)]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    let from = page.body.find("href=\"https://idp.example").expect("a link") + 6;
    page.body[from..from + page.body[from..].find('"').expect("an end")].to_owned()
}

#[tokio::test]
async fn signing_out_here_is_told_there() {
    let house = open("").await;
    let mut browser = Browser::default();
    sign_in(&house, &mut browser, "1").await;
    let mut kept = Browser { cookies: browser.cookies.clone() };
    let url = sign_out(&house, &mut browser).await;
    assert!(!is_in(&house, &mut kept).await, "first of all, here");
    let asked = inflated(&parameter(&url, "SAMLRequest").expect("a request"));
    for part in [
        "<samlp:LogoutRequest ",
        "Destination=\"https://idp.example/slo\"",
        ">alice@example.com</saml:NameID>",
        "<samlp:SessionIndex>_session</samlp:SessionIndex>",
        "nameid-format:persistent",
    ] {
        assert!(asked.contains(part), "{part} in {asked}");
    }
    let from = asked.find(" ID=\"").expect("an id") + 5;
    let id = asked[from..from + asked[from..].find('"').expect("an end")].to_owned();
    let handle = parameter(&url, "RelayState").expect("a handle");
    let said = |xml: &str| redirect("SAMLResponse", xml, Some(&handle), &RSA);

    let elsewhere = Browser::default().get(&house, &said(&answer(&house, &id))).await;
    assert_eq!((elsewhere.status, house.code(&elsewhere).await.as_str()), (403, "signin.no-attempt"));
    let mut forgetful = Browser { cookies: browser.cookies.clone() };
    let other = forgetful.get(&house, &said(&answer(&house, "_other"))).await;
    assert_eq!((other.status, house.code(&other).await.as_str()), (403, "saml.logout-in-response-to"));
    let mut partial = Browser { cookies: browser.cookies.clone() };
    let refused =
        partial.get(&house, &said(&changed(&answer(&house, &id), "status:Success", "status:Responder"))).await;
    assert!(refused.status == 200 && refused.body.contains("did not confirm"), "{}", refused.body);
    let done = browser.get(&house, &said(&answer(&house, &id))).await;
    assert!(done.status == 200 && done.body.contains("here and at your identity provider"), "{}", done.body);
    let again = browser.get(&house, &said(&answer(&house, &id))).await;
    assert_eq!((again.status, house.code(&again).await.as_str()), (403, "signin.no-attempt"), "its cookie is used up");
}

/// What was promised to end with the login ends, whether or not somebody else can be told of it.
#[tokio::test]
async fn signing_out_revokes_also_where_nobody_is_told() {
    for (setting, status) in [("logout_revokes = true", 403), ("logout_revokes = false", 200)] {
        let house = open_deaf(setting).await;
        let mut browser = Browser::default();
        sign_in(&house, &mut browser, "1").await;
        let worn = credentials(&house, &mut browser).await;
        let mut kept = Browser { cookies: browser.cookies.clone() };
        let csrf = hidden(&browser.get(&house, "/console").await.body, "csrf");
        let answer = browser.post(&house, "/console/signout", &[("csrf", &csrf)]).await;
        assert!(!answer.body.contains("idp.example"), "{}", answer.body);
        assert!(!is_in(&house, &mut kept).await);
        assert_eq!(get_caller_identity(&house, &worn).await.status, status, "{setting}");
        let recorded = house.rows("SELECT record FROM audit WHERE record LIKE '%ConsoleSignOut%'").await;
        assert_eq!(recorded.len(), usize::from(status == 403));
    }
}

#[tokio::test]
async fn a_logout_revokes_if_the_provider_says_so() {
    for (setting, status) in [("logout_revokes = true", 403), ("logout_revokes = false", 200)] {
        let house = open(setting).await;
        let mut browser = Browser::default();
        sign_in(&house, &mut browser, "1").await;
        let worn = credentials(&house, &mut browser).await;
        let chain = [
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", "arn:aws:iam::444455556666:role/Guest"),
            ("RoleSessionName", "worker"),
        ];
        let chained = call(&house, &worn, &chain).await.credentials();
        let by_api = crate::front::admin(&house, "api").await;
        let url = login_url(&signin_token(&house, &worn, &[]).await, "");
        let mut elsewhere = Browser::default();
        let arrived = elsewhere.get(&house, &url).await;
        elsewhere.follow(&house, arrived).await;
        assert!(is_in(&house, &mut elsewhere).await, "by a sign-in URL");
        Browser::default().get(&house, &redirect("SAMLRequest", &request(&house), None, &RSA)).await;
        for (what, by) in [("worn", &worn), ("chained", &chained)] {
            let answer = get_caller_identity(&house, by).await;
            assert_eq!(answer.status, status, "{what}: {}", answer.body);
            if status == 403 {
                assert_eq!(answer.refusal(), (403, "ExpiredToken"));
                assert_eq!(house.code(&answer).await, "sts.session-revoked");
            }
        }
        assert_eq!(get_caller_identity(&house, &by_api).await.status, status, "of the same login, at the API");
        assert!(!is_in(&house, &mut elsewhere).await, "a browser of that login as well, however it was opened");
        let (directory, clock, url) = house.close().await;
        let house = House::serve(Arc::clone(&directory), clock, url).await;
        assert_eq!(get_caller_identity(&house, &worn).await.status, status, "after a restart");
        house.clock.advance(Duration::HOUR);
        assert_eq!(get_caller_identity(&house, &worn).await.status, if status == 403 { 403 } else { 200 });
        house.close().await;
    }
}
