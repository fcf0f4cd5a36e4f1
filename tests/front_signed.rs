//! Signed requests through the front door: GetCallerIdentity and AssumeRole.

use crate::front::{ADMIN, CLOSED, USER, WORLD, admin, files, open};
use crate::house::{Answer, Credentials, FORM, House, encoded};
use crate::saml_identity::NOW;
use aws_lc_rs::{digest, hmac};
use gatehouse::words::basic;
use time::{Duration, OffsetDateTime};

const PARTNER: &str = "arn:aws:iam::111122223333:role/Partner";
const GUEST: &str = "arn:aws:iam::444455556666:role/Guest";

pub(crate) fn user() -> Credentials {
    Credentials { id: USER.0.into(), secret: USER.1.into(), token: None }
}

/// Signs and sends, at the time that the house's clock shows.
pub(crate) async fn call(house: &House, by: &Credentials, form: &[(&str, &str)]) -> Answer {
    send(house, by, form, house.clock.now()).await
}

pub(crate) async fn get_caller_identity(house: &House, by: &Credentials) -> Answer {
    call(house, by, &[("Action", "GetCallerIdentity"), ("Version", "2011-06-15")]).await
}

pub(crate) async fn assume(house: &House, by: &Credentials, role: &str, more: &[(&str, &str)]) -> Answer {
    let first = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", "worker")];
    let form: Vec<_> = first.into_iter().chain(more.iter().copied()).collect();
    call(house, by, &form).await
}

/// The same with further headers: name, as it is signed, and as it is sent, if it is.
pub(crate) async fn call_with(
    house: &House,
    by: &Credentials,
    form: &[(&str, &str)],
    more: &[(&str, &str, Option<&str>)],
) -> Answer {
    send_signed(house, by, form, house.clock.now(), more, |signature| signature).await
}

/// A second, independent writing of AWS Signature Version 4.
async fn send(house: &House, by: &Credentials, form: &[(&str, &str)], at: OffsetDateTime) -> Answer {
    send_signed(house, by, form, at, &[], |signature| signature).await
}

async fn send_signed(
    house: &House,
    by: &Credentials,
    form: &[(&str, &str)],
    at: OffsetDateTime,
    more: &[(&str, &str, Option<&str>)],
    tamper: impl Fn(String) -> String,
) -> Answer {
    let body = encoded(form);
    let host = house.public_url.split_once("//").unwrap().1;
    let date = basic(at);
    let mut headers = vec![("content-type", FORM.to_owned()), ("host", host.to_owned()), ("x-amz-date", date.clone())];
    headers.extend(by.token.iter().map(|token| ("x-amz-security-token", token.clone())));
    headers.extend(more.iter().map(|(name, signed, _)| (*name, (*signed).to_owned())));
    let names = headers.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(";");
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let canonical = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(body.as_bytes()));
    let scope = format!("{}/eu-west-1/sts/aws4_request", &date[..8]);
    let to_sign = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sha256(canonical.as_bytes()));
    let first = format!("AWS4{}", by.secret).into_bytes();
    let key =
        [&date[..8], "eu-west-1", "sts", "aws4_request"].iter().fold(first, |key, part| mac(&key, part.as_bytes()));
    let signature = tamper(hex(&mac(&key, to_sign.as_bytes())));
    let authorization =
        format!("AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={signature}", by.id);
    let request = house.client.post(house.url("/")).header("authorization", authorization);
    let request = headers.iter().filter(|(name, _)| *name != "host").fold(request, |r, (name, value)| {
        let further = more.iter().find(|(further, ..)| further == name);
        let sent = further.map_or(Some(value.as_str()), |(_, _, sent)| *sent);
        if let Some(sent) = sent { r.header(*name, sent) } else { r }
    });
    Answer::of(request.body(body).send().await.unwrap()).await
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

pub(crate) fn mac(key: &[u8], text: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text).as_ref().to_vec()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn everybody_is_told_who_they_are() {
    let house = open("").await;
    let answer = get_caller_identity(&house, &user()).await;
    assert_eq!(answer.element("Arn"), "arn:aws:iam::111122223333:user/ops");
    assert!(answer.element("UserId").starts_with("AIDA"));
    let answer = get_caller_identity(&house, &admin(&house, "1").await).await;
    assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com");
    assert!(answer.element("UserId").starts_with("AROA") && answer.element("UserId").ends_with(":alice@example.com"));
    assert_eq!(answer.element("Account"), "111122223333");
}

#[tokio::test]
async fn a_changed_byte_is_refused_as_aws_refuses_it() {
    let house = open("").await;
    let good = admin(&house, "1").await;
    let token = good.token.clone().unwrap();
    let other = admin(&house, "2").await;
    let cases = [
        (
            "secret",
            Credentials { secret: swap_last(&good.secret), ..good.clone() },
            "SignatureDoesNotMatch",
            "sigv4.mismatch",
        ),
        (
            "token",
            Credentials { token: Some(swap_last(&token)), ..good.clone() },
            "InvalidClientTokenId",
            "sts.token-does-not-fit",
        ),
        (
            "token's key id",
            Credentials { token: Some(format!("B{}", &token[1..])), ..good.clone() },
            "InvalidClientTokenId",
            "sts.token-does-not-fit",
        ),
        (
            "another's token",
            Credentials { token: other.token.clone(), ..good.clone() },
            "InvalidClientTokenId",
            "sts.token-does-not-fit",
        ),
        ("no token", Credentials { token: None, ..good.clone() }, "InvalidClientTokenId", "sts.token-does-not-fit"),
        (
            "token with a long-lived key",
            Credentials { token: Some(token.clone()), ..user() },
            "InvalidClientTokenId",
            "sts.token-does-not-fit",
        ),
        (
            "unknown key",
            Credentials { id: "AKIAIOSFODNN7NOBODYX".into(), ..user() },
            "InvalidClientTokenId",
            "sts.unknown-access-key",
        ),
        (
            "wrong secret",
            Credentials { secret: swap_last(USER.1), ..user() },
            "SignatureDoesNotMatch",
            "sigv4.mismatch",
        ),
    ];
    for (what, by, code, reason) in cases {
        let answer = get_caller_identity(&house, &by).await;
        assert_eq!(answer.refusal(), (403, code), "{what}");
        assert_eq!(house.code(&answer).await, reason, "{what}");
    }
    let (form, now) = ([("Action", "GetCallerIdentity"), ("Version", "2011-06-15")], house.clock.now());
    let flipped = |signature: String| signature.replacen(|c: char| c != '0', "0", 1);
    let answer = send_signed(&house, &good, &form, now, &[], flipped).await;
    assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch"), "signature");
    assert_eq!(get_caller_identity(&house, &good).await.status, 200, "unchanged, they are good");
}

#[tokio::test]
async fn credentials_end_when_they_say() {
    let house = open("").await;
    let credentials = admin(&house, "1").await;
    house.clock.advance(Duration::seconds(3_599));
    assert_eq!(get_caller_identity(&house, &credentials).await.status, 200);
    house.clock.advance(Duration::seconds(1));
    let ended = get_caller_identity(&house, &credentials).await;
    assert_eq!(ended.refusal(), (403, "ExpiredToken"));
    assert_eq!(house.code(&ended).await, "sts.session-ended");
}

#[tokio::test]
async fn a_signature_lives_a_quarter_of_an_hour() {
    let house = open("").await;
    let form = [("Action", "GetCallerIdentity"), ("Version", "2011-06-15")];
    for (minutes, reason) in [(-16, "sigv4.expired"), (16, "sigv4.not-yet-current")] {
        let answer = send(&house, &user(), &form, house.clock.now() + Duration::minutes(minutes)).await;
        assert_eq!(answer.refusal(), (403, "SignatureDoesNotMatch"));
        assert_eq!(house.code(&answer).await, reason);
    }
}

#[tokio::test]
async fn a_user_assumes_what_both_sides_allow() {
    let house = open("").await;
    let answer = assume(&house, &user(), ADMIN, &[("DurationSeconds", "7200")]).await;
    assert_eq!(answer.element("Arn"), "arn:aws:sts::111122223333:assumed-role/Admin/worker");
    assert_eq!(answer.element("Expiration"), "2031-01-01T14:00:00Z");
    assert_eq!(get_caller_identity(&house, &answer.credentials()).await.element("Arn"), answer.element("Arn"));
    // The other account trusts this one, but the user's own policy does not reach there.
    let foreign = assume(&house, &user(), GUEST, &[]).await;
    assert_eq!(foreign.refusal(), (403, "AccessDenied"));
    assert_eq!(house.code(&foreign).await, "trust.caller-not-allowed");
    assert!(foreign.element("Message").contains(
        "user/ops is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::444455556666:role/Guest"
    ));
}

/// The sentence before the message that is for others.
fn said(answer: &Answer) -> &str {
    answer.element("Message").split_once(". Encoded authorization failure message: ").expect("both").0
}

#[tokio::test]
async fn an_external_id_is_compared_letter_by_letter() {
    let house = open("").await;
    // Partner names the user itself, so that its own policies need not speak of it.
    assert_eq!(assume(&house, &user(), PARTNER, &[("ExternalId", "Ticket-7")]).await.status, 200);
    for wrong in [&[("ExternalId", "ticket-7")][..], &[("ExternalId", "Ticket-77")], &[]] {
        let answer = assume(&house, &user(), PARTNER, wrong).await;
        assert_eq!(answer.refusal(), (403, "AccessDenied"), "{wrong:?}");
        assert_eq!(house.code(&answer).await, "trust.no-statement-allows");
        let told = "User: arn:aws:iam::111122223333:user/ops is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::111122223333:role/Partner because no identity-based policy allows the sts:AssumeRole action";
        assert_eq!(said(&answer), told, "which condition failed is not the caller's to know");
    }
    let written = house.rows("SELECT record FROM audit UNION ALL SELECT steps FROM trace").await.concat();
    let sentence = "StringEquals on sts:ExternalId wants a certain one; received another one";
    assert!(written.iter().any(|text| text.contains(sentence)), "{written:?}");
    assert!(written.iter().all(|text| !text.to_lowercase().contains("ticket-7")), "{written:?}");
}

/// Of roles that are not there, that trust others and that trust the whole account: which is which is nobody's to learn
/// who may not assume them (at AWS the caller's own policies are asked first).
#[tokio::test]
async fn whoever_may_nothing_is_told_the_same_of_every_role() {
    let user = |name: &str, policy: &str| {
        format!(
            r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/{name}"
access_keys = [{{ id = "AKIAIOSFODNN7{name}", secret = {{ file = "ops-secret" }} }}]
{policy}
"#
        )
    };
    let own = |statement: &str| {
        format!(r#"policies = [{{ name = "own", json = '{{"Version":"2012-10-17","Statement":[{statement}]}}' }}]"#)
    };
    let tagged = r#"{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringEquals":{"aws:ResourceTag/team":"ops"}}}"#;
    let deny = r#"{"Effect":"Deny","Action":"sts:*","Resource":"*"},{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    let more = [
        user("NOTHING", ""),
        user("TAGGEDX", &own(tagged)),
        user("DENIEDX", &own(deny)),
        // Closed to callers, and it bears the tag that one of them may assume roles by.
        r#"
[[role]]
arn = "arn:aws:iam::111122223333:role/Tagged"
tags = { team = "ops" }
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ops"},"Action":"sts:AssumeRole"}]}' }
"#
        .to_owned(),
    ];
    let house = open(&more.concat()).await;
    let roles = [
        (ADMIN, "trust.caller-not-allowed"),
        (GUEST, "trust.caller-not-allowed"),
        (PARTNER, "trust.no-statement-allows"),
        (CLOSED, "trust.no-statement-allows"),
        ("arn:aws:iam::111122223333:role/Tagged", "trust.no-statement-allows"),
        ("arn:aws:iam::111122223333:role/Absent", "trust.no-such-role"),
        ("arn:aws:iam::999988887777:role/Admin", "trust.no-such-role"),
    ];
    let silent = "because no identity-based policy allows the sts:AssumeRole action";
    for (name, why) in
        [("NOTHING", silent), ("TAGGEDX", silent), ("DENIEDX", "with an explicit deny in an identity-based policy")]
    {
        let by = Credentials { id: format!("AKIAIOSFODNN7{name}"), ..self::user() };
        for (role, code) in roles {
            let answer = assume(&house, &by, role, &[]).await;
            let told = format!(
                "User: arn:aws:iam::111122223333:user/{name} is not authorized to perform: sts:AssumeRole on resource: {role} {why}"
            );
            assert_eq!(answer.refusal(), (403, "AccessDenied"), "{name}, {role}");
            assert_eq!(said(&answer), told, "{code}");
            assert_eq!(house.code(&answer).await, code, "{name}, {role}: the trace knows");
        }
    }
    let book = house.rows("SELECT record FROM audit").await.concat();
    for code in ["trust.caller-not-allowed", "trust.no-statement-allows", "trust.no-such-role"] {
        let count = roles.iter().filter(|(_, why)| *why == code).count();
        assert_eq!(book.iter().filter(|record| record.contains(code)).count(), 3 * count, "{code}: so does the book");
    }
}

/// A secret that was pasted into the place of something else stays with whoever sent it.
#[tokio::test]
async fn a_secret_in_another_place_is_not_repeated() {
    let house = open("").await;
    let (plain, totp) = ("wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY42", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let key_info = async |id: &str| {
        call(&house, &user(), &[("Action", "GetAccessKeyInfo"), ("Version", "2011-06-15"), ("AccessKeyId", id)]).await
    };
    let with = async |name: &str, value: &str| {
        assume(&house, &user(), PARTNER, &[(name, value), ("TokenCode", "123456")]).await
    };
    let by = async |id: &str| get_caller_identity(&house, &Credentials { id: id.into(), ..user() }).await;
    for (what, answer, secret, code) in [
        ("a key's, asked about", key_info(USER.1).await, USER.1, "sts.parameters"),
        ("one of letters and digits", key_info(plain).await, plain, "sts.no-such-access-key"),
        ("in the place of the id", by(plain).await, plain, "sts.unknown-access-key"),
        ("one with strokes in it", by(USER.1).await, USER.1, "sigv4.credential"),
        ("an external id", with("ExternalId", "Ticket 7").await, "Ticket 7", "sts.parameters"),
        ("a device's", with("SerialNumber", totp).await, totp, "sts.mfa-device"),
        ("a device's, in groups", with("SerialNumber", "GEZD GNBV GY3T").await, "GEZD GNBV", "sts.parameters"),
    ] {
        assert_eq!(house.code(&answer).await, code, "{what}");
        assert!(!answer.body.contains(secret), "{what}: {}", answer.body);
        let written = house.rows("SELECT record FROM audit UNION ALL SELECT steps FROM trace").await.concat();
        assert!(written.iter().all(|text| !text.contains(secret)), "{what}: {written:?}");
    }
    let known = by("AKIAIOSFODNN7NOBODYX").await;
    let steps = house.trace(&known.request_id).await;
    let sentence = steps.iter().rev().find_map(|step| step.sentence.as_deref());
    assert_eq!(sentence, Some("there is no access key AKIAIOSFODNN7NOBODYX"), "what is an id is told");
}

#[tokio::test]
async fn a_chained_session_lasts_an_hour_at_most() {
    let house = open("").await;
    let session = admin(&house, "1").await;
    let chained = assume(&house, &session, GUEST, &[]).await;
    assert_eq!(chained.element("Expiration"), "2031-01-01T13:00:00Z");
    let long = assume(&house, &session, ADMIN, &[("DurationSeconds", "3601")]).await;
    assert_eq!(long.refusal(), (400, "ValidationError"));
    assert_eq!(house.code(&long).await, "sts.chained-duration");
    assert!(house.rows("SELECT record FROM audit WHERE record LIKE '%sts.chained-duration%'").await.len() == 1);
}

#[tokio::test]
async fn what_this_build_would_ignore_it_refuses() {
    let house = open("").await;
    let name = "ProvidedContexts.member.1.ContextAssertion";
    let answer = assume(&house, &user(), ADMIN, &[(name, "x")]).await;
    assert_eq!(answer.refusal(), (400, "ValidationError"));
    assert!(answer.element("Message").contains(name), "{}", answer.body);
    // SDKs send empty lists as bare names: they mean nothing.
    assert_eq!(
        assume(
            &house,
            &user(),
            ADMIN,
            &[("Tags", ""), ("TransitiveTagKeys", ""), ("PolicyArns", ""), ("SourceIdentity", "")]
        )
        .await
        .status,
        200
    );
}

#[tokio::test]
async fn session_names_are_ascii_and_safe() {
    let house = open("").await;
    for name in ["a", "a b", "a/b", "a\nb", "älice", &"a".repeat(65)] {
        let form = [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", ADMIN), ("RoleSessionName", name)];
        let answer = call(&house, &user(), &form).await;
        assert_eq!(answer.refusal(), (400, "ValidationError"), "{name}");
        assert!(answer.element("Message").contains("roleSessionName"));
    }
}

/// Another last character that stays within the alphabet of base64 and its url-safe sister.
fn swap_last(text: &str) -> String {
    let (rest, last) = text.split_at(text.len() - 1);
    format!("{rest}{}", if last == "Q" { "g" } else { "Q" })
}

#[tokio::test]
async fn an_inactive_key_is_no_key() {
    let inactive =
        |world: &str| world.replace("file = \"ops-secret\" } }", "file = \"ops-secret\" }, active = false }");
    let house = House::open(NOW, &files(), |_| inactive(WORLD)).await;
    let answer = get_caller_identity(&house, &user()).await;
    assert_eq!(answer.refusal(), (403, "InvalidClientTokenId"));
    assert_eq!(house.code(&answer).await, "sts.inactive-access-key");
    let unknown = Credentials { id: "AKIAIOSFODNN7NOBODYX".into(), ..user() };
    let unknown = get_caller_identity(&house, &unknown).await;
    assert_eq!(unknown.element("Message"), answer.element("Message"), "nobody learns that there is one");
}
