//! What is refused, and how. Each row differs from a good one in what it is called by.

use super::case::{ALL, CLIS, Case, NOBODY, OLD, PYTHON, refused};
use super::world::{CORP, DEVICE, OURS, Premises, READ_ONLY, arn};
use crate::front::field;
use crate::house::Credentials;
use crate::oidc_issuer::{EC, Signer, b64};
use crate::saml_identity::changed;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gatehouse::ambient::Random;
use serde_json::{Value, json};

const INVALID: (u16, &str) = (400, "ValidationError");
const DENIED: (u16, &str) = (403, "AccessDenied");
const TOKEN: (u16, &str) = (400, "InvalidIdentityToken");
const EXPIRED: (u16, &str) = (400, "ExpiredTokenException");
const MALFORMED: (u16, &str) = (400, "MalformedPolicyDocument");
const UNKNOWN: (u16, &str) = (403, "InvalidClientTokenId");
const MISMATCH: (u16, &str) = (403, "SignatureDoesNotMatch");
const NO_SUCH_ACTION: (u16, &str) = (400, "InvalidAction");

pub(super) async fn cases(at: &Premises) -> Vec<Case> {
    let signed = [callers(at), names(at), policies(at), tags(at), permissions(at), factors(at), lesser(at)];
    signed.into_iter().chain([with_saml(at), with_web_identity(at)]).flatten().collect()
}

/// The same text with another letter in its middle.
fn one_off(text: &str) -> String {
    let (at, mut bytes) = (text.len() / 2, text.as_bytes().to_vec());
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}

fn callers(at: &Premises) -> Vec<Case> {
    let call = |name, by: Credentials, how| refused(name, by, "GetCallerIdentity", json!({}), how);
    let with = |by: &Credentials, token: Option<String>| Credentials { token, ..by.clone() };
    let forged = |by: &Credentials| Credentials { secret: one_off(&by.secret), ..by.clone() };
    let token = |by: &Credentials| by.token.clone().expect("a token");
    let nobody = Credentials { id: "AKIACONFORMNOBODY001".into(), ..at.alice.clone() };
    vec![
        call("an unknown key", nobody, UNKNOWN),
        call("an inactive key", at.dave.clone(), UNKNOWN),
        call("a wrong secret", forged(&at.alice), MISMATCH),
        call("a session's wrong secret", forged(&at.worker), MISMATCH),
        call("a changed token", with(&at.worker, Some(one_off(&token(&at.worker)))), UNKNOWN),
        call("a session without its token", with(&at.worker, None), UNKNOWN),
        call("another session's token", with(&at.worker, Some(token(&at.tagged))), UNKNOWN),
        call("a user's key with a session's token", with(&at.alice, Some(token(&at.worker))), UNKNOWN),
        call("no token at all in its place", with(&at.worker, Some("x".repeat(200))), UNKNOWN),
        refused("nobody", NOBODY, "GetCallerIdentity", json!({}), UNKNOWN).unsent_by(ALL),
        refused("nobody who assumes a role", NOBODY, "AssumeRole", dev(json!({})), UNKNOWN).unsent_by(ALL),
    ]
}

fn dev(more: Value) -> Value {
    of("Dev", more)
}

/// A parameter that is null is not sent.
fn of(role: &str, more: Value) -> Value {
    let mut parameters = json!({ "RoleArn": arn(role), "RoleSessionName": "worker" });
    more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
    parameters.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
    parameters
}

fn assume(at: &Premises, name: &'static str, more: Value, how: (u16, &'static str)) -> Case {
    refused(name, at.alice.clone(), "AssumeRole", dev(more), how)
}

fn names(at: &Premises) -> Vec<Case> {
    let call = |name, more| assume(at, name, more, INVALID);
    vec![
        call("no role", json!({ "RoleArn": null })).unsent_by(PYTHON),
        call("no session name", json!({ "RoleSessionName": null })).unsent_by(PYTHON),
        call("a short role", json!({ "RoleArn": "arn:aws:iam" })).unsent_by(PYTHON),
        call("a role that is no ARN", json!({ "RoleArn": "the role that I mean" })),
        call("a user's ARN", json!({ "RoleArn": format!("arn:aws:iam::{OURS}:user/alice") })),
        call("a role of another service", json!({ "RoleArn": format!("arn:aws:sts::{OURS}:role/Dev") })),
        call("a long role", json!({ "RoleArn": format!("arn:aws:iam::{OURS}:role/{}", "a".repeat(2_048)) })),
        call("a session name of one letter", json!({ "RoleSessionName": "w" })).unsent_by(PYTHON),
        call("a session name with a blank", json!({ "RoleSessionName": "wor ker" })),
        call("a session name with a slash", json!({ "RoleSessionName": "wor/ker" })),
        call("a session name beyond ASCII", json!({ "RoleSessionName": "wörker" })),
        call("a long session name", json!({ "RoleSessionName": "w".repeat(65) })),
        call("too short a time", json!({ "DurationSeconds": 899 })).unsent_by(PYTHON),
        call("no time at all", json!({ "DurationSeconds": 0 })).unsent_by(PYTHON),
        call("too long a time", json!({ "DurationSeconds": 43_201 })),
        call("longer than the role's", json!({ "DurationSeconds": 7_201 })),
        refused("longer than a chain's hour", at.worker.clone(), "AssumeRole", dev(json!({ "DurationSeconds": 3_601 })), INVALID),
        call("an external id of one letter", json!({ "ExternalId": "x" })).unsent_by(PYTHON),
        call("an external id with a blank", json!({ "ExternalId": "a b" })),
        call("a long external id", json!({ "ExternalId": "x".repeat(1_225) })),
        call("a source identity of one letter", json!({ "SourceIdentity": "a" })).unsent_by(PYTHON),
        call("a source identity with a colon", json!({ "SourceIdentity": "a:b" })),
        call("a source identity of AWS", json!({ "SourceIdentity": "aws:alice" })),
        call("a long source identity", json!({ "SourceIdentity": "a".repeat(65) })),
        call("a token that cannot be so long", json!({ "MinimumSessionTokenSize": 4_097 })).unsent_by(CLIS),
        call("another service's context", json!({ "ProvidedContexts": [{ "ProviderArn": "arn:aws:iam::aws:contextProvider/IdentityCenter", "ContextAssertion": "eyJhbGciOiJub25lIn0.e30." }] })).unsent_by(OLD),
    ]
}

fn policies(at: &Premises) -> Vec<Case> {
    let document = |statement: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#);
    let wide = |sid: usize| {
        document(&format!(r#"{{"Sid":"{}","Effect":"Allow","Action":"*","Resource":"*"}}"#, "a".repeat(sid)))
    };
    let call = |name, policy: &str, how| assume(at, name, json!({ "Policy": policy }), how);
    let arns = |all: &[&str]| json!({ "PolicyArns": all.iter().map(|arn| json!({ "arn": arn })).collect::<Vec<_>>() });
    vec![
        call("a policy that is no JSON", "{", MALFORMED),
        call("a policy without an action", &document(r#"{"Effect":"Allow","Resource":"*"}"#), MALFORMED),
        call(
            "a policy with a principal",
            &document(r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#),
            MALFORMED,
        ),
        call(
            "a policy with a misspelt key",
            &document(
                r#"{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:UserNam":"a"}}}"#,
            ),
            MALFORMED,
        ),
        call("an empty policy", "", INVALID).unsent_by(PYTHON),
        call("a long policy", &wide(2_048), INVALID),
        assume(at, "an unknown managed policy", arns(&[&READ_ONLY.replace("ReadOnly", "Absent")]), INVALID),
        assume(at, "a managed policy of another account", arns(&[&READ_ONLY.replace(OURS, "444455556666")]), INVALID),
        assume(at, "a managed policy that is no ARN", arns(&["arn:aws:iam::policy/ReadOnly"]), INVALID),
        assume(at, "eleven managed policies", arns(&[READ_ONLY; 11]), INVALID),
    ]
}

fn tags(at: &Premises) -> Vec<Case> {
    let list = |tags: &[(&str, &str)]| {
        json!(tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect::<Vec<_>>())
    };
    let call = |name, tags: &[(&str, &str)], how| assume(at, name, json!({ "Tags": list(tags) }), how);
    let numbered: Vec<String> = (0..51).map(|n| format!("k{n}")).collect();
    let fifty_one: Vec<(&str, &str)> = numbered.iter().map(|key| (key.as_str(), "v")).collect();
    // Letters by chance: six bits each, whatever compresses them.
    let noise = URL_SAFE_NO_PAD.encode(Random.bytes::<6_000>());
    let pieces: Vec<&str> = (0..40).map(|n| &noise[n * 200..(n + 1) * 200]).collect();
    let heavy: Vec<(&str, &str)> = numbered.iter().map(String::as_str).zip(pieces).collect();
    let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
    vec![
        call("a tag without a key", &[("", "v")], INVALID).unsent_by(PYTHON),
        call("a tag of AWS", &[("aws:team", "ops")], INVALID),
        call("a tag twice", &[("team", "ops"), ("Team", "dev")], INVALID),
        call("a tag with a character of its own", &[("te*am", "ops")], INVALID),
        call("a long key", &[(&long_key, "v")], INVALID),
        call("a long value", &[("k", &long_value)], INVALID),
        call("fifty-one tags", &fifty_one, INVALID),
        call("more than there is room for", &heavy, (400, "PackedPolicyTooLarge")),
        assume(at, "what is no tag goes along", json!({ "TransitiveTagKeys": ["team"] }), INVALID),
        refused(
            "a tag that goes along already",
            at.tagged.clone(),
            "AssumeRole",
            dev(json!({ "Tags": list(&[("Team", "dev")]) })),
            INVALID,
        ),
        refused(
            "another source identity",
            at.tagged.clone(),
            "AssumeRole",
            dev(json!({ "SourceIdentity": "bob" })),
            DENIED,
        ),
        refused(
            "tags that the role does not take",
            at.alice.clone(),
            "AssumeRole",
            of("Plain", json!({ "Tags": list(&[("team", "ops")]) })),
            DENIED,
        ),
        refused(
            "a source identity that it does not take",
            at.alice.clone(),
            "AssumeRole",
            of("Plain", json!({ "SourceIdentity": "alice" })),
            DENIED,
        ),
    ]
}

fn permissions(at: &Premises) -> Vec<Case> {
    let call =
        |name, by: &Credentials, role: &str, more| refused(name, by.clone(), "AssumeRole", of(role, more), DENIED);
    vec![
        call("a role that is not there", &at.alice, "Absent", json!({})),
        call("a role that does not let her", &at.alice, "Closed", json!({})),
        call("a role for papers", &at.alice, "People", json!({})),
        call("a role that she is denied", &at.alice, "Denied", json!({})),
        call("somebody who may nothing", &at.bob, "Dev", json!({})),
        call("without the external id", &at.alice, "Ticket", json!({})),
        call("with another external id", &at.alice, "Ticket", json!({ "ExternalId": "Ticket-8" })),
        call("without a second factor", &at.carol, "Factor", json!({})),
        call("with a session that had none", &at.user_session, "Factor", json!({})),
    ]
}

fn factors(at: &Premises) -> Vec<Case> {
    let wrong = if at.code(false) == "000000" || at.code(true) == "000000" { "111111" } else { "000000" };
    let code = |name, parameters, how| refused(name, at.carol.clone(), "GetSessionToken", parameters, how);
    vec![
        code("a wrong code", json!({ "SerialNumber": DEVICE, "TokenCode": wrong }), DENIED),
        code("a code that is used up", json!({ "SerialNumber": DEVICE, "TokenCode": at.code(true) }), DENIED),
        code("a code without its device", json!({ "TokenCode": wrong }), DENIED),
        code("a device without its code", json!({ "SerialNumber": DEVICE }), DENIED),
        code("a code of five", json!({ "SerialNumber": DEVICE, "TokenCode": "12345" }), INVALID).unsent_by(PYTHON),
        code("a code of letters", json!({ "SerialNumber": DEVICE, "TokenCode": "abcdef" }), INVALID),
        code("a short device", json!({ "SerialNumber": "carol", "TokenCode": wrong }), INVALID).unsent_by(PYTHON),
        refused(
            "somebody else's device",
            at.alice.clone(),
            "GetSessionToken",
            json!({ "SerialNumber": DEVICE, "TokenCode": wrong }),
            DENIED,
        ),
        code("too short a session", json!({ "DurationSeconds": 899 }), INVALID).unsent_by(PYTHON),
        code("too long a session", json!({ "DurationSeconds": 129_601 }), INVALID),
        refused("a role's session", at.worker.clone(), "GetSessionToken", json!({}), DENIED),
        refused("a user's own session", at.user_session.clone(), "GetSessionToken", json!({}), DENIED),
    ]
}

fn lesser(at: &Premises) -> Vec<Case> {
    let key = |name, by: &Credentials, id: &str, how| {
        refused(name, by.clone(), "GetAccessKeyInfo", json!({ "AccessKeyId": id }), how)
    };
    let message = |name, by: &Credentials, text: &str, how| {
        refused(name, by.clone(), "DecodeAuthorizationMessage", json!({ "EncodedMessage": text }), how)
    };
    let root = json!({ "TargetPrincipal": OURS, "TaskPolicyArn": { "arn": "arn:aws:iam::aws:policy/root-task/IAMAuditRootUserCredentials" } });
    let guest = |name, by: &Credentials, more: Value, how| {
        let mut parameters = json!({ "Name": "guest" });
        more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
        refused(name, by.clone(), "GetFederationToken", parameters, how)
    };
    let token = |name, by: &Credentials, more: Value, how| {
        let mut parameters = json!({ "Audience": ["https://api.example.com"], "SigningAlgorithm": "ES384" });
        more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
        refused(name, by.clone(), "GetWebIdentityToken", parameters, how).unsent_by(OLD)
    };
    vec![
        guest("a guest of bob's", &at.bob, json!({}), DENIED),
        guest("a guest of a role's session", &at.worker, json!({}), DENIED),
        guest("a guest of a user's own session", &at.user_session, json!({}), DENIED),
        guest("a guest of one letter", &at.alice, json!({ "Name": "g" }), INVALID).unsent_by(PYTHON),
        guest("a guest of two words", &at.alice, json!({ "Name": "g uest" }), INVALID),
        guest("a guest with a long name", &at.alice, json!({ "Name": "g".repeat(33) }), INVALID),
        guest("a guest for a moment", &at.alice, json!({ "DurationSeconds": 899 }), INVALID).unsent_by(PYTHON),
        guest("a guest for too long", &at.alice, json!({ "DurationSeconds": 129_601 }), INVALID),
        guest("a guest with half a policy", &at.alice, json!({ "Policy": "{" }), MALFORMED),
        token("a token that bob may not have", &at.bob, json!({}), DENIED),
        token("a token for a user's own session", &at.user_session, json!({}), DENIED),
        token("a token by another algorithm", &at.alice, json!({ "SigningAlgorithm": "RS384" }), INVALID),
        token("a token for nobody", &at.alice, json!({ "Audience": [] }), INVALID).unsent_by(PYTHON),
        token("a token for eleven", &at.alice, json!({ "Audience": vec!["a"; 11] }), INVALID),
        token("a token for a moment", &at.alice, json!({ "DurationSeconds": 59 }), INVALID).unsent_by(PYTHON),
        token("a token for a day", &at.alice, json!({ "DurationSeconds": 86_400 }), INVALID),
        key("a key that is nobody's", &at.alice, "AKIAIOSFODNN7EXAMPLE", INVALID),
        key("a short key", &at.alice, "AKIA", INVALID).unsent_by(PYTHON),
        key("a key with a slash", &at.alice, "AKIA/CONFORMALICE000", INVALID),
        key("a long key", &at.alice, &"A".repeat(129), INVALID),
        key("a key, asked by a user's own session", &at.user_session, &at.alice.id, DENIED),
        message("a message that is none", &at.alice, "AAAA", (400, "InvalidAuthorizationMessageException")),
        message("an empty message", &at.alice, "", INVALID).unsent_by(PYTHON),
        message("a long message", &at.alice, &"A".repeat(10_241), INVALID),
        message("a message that is not bob's to read", &at.bob, "AAAA", DENIED),
        refused("what only AWS has", at.alice.clone(), "AssumeRoot", root, NO_SUCH_ACTION).unsent_by(OLD),
        refused(
            "another of these",
            at.alice.clone(),
            "GetDelegatedAccessToken",
            json!({ "TradeInToken": "a".repeat(40) }),
            NO_SUCH_ACTION,
        )
        .unsent_by(OLD),
    ]
}

fn with_saml(at: &Premises) -> Vec<Case> {
    let call = |name, paper: Value, more: Value, how| {
        let mut parameters = json!({ "RoleArn": arn("People"), "PrincipalArn": CORP, "SAMLAssertion": paper });
        more.as_object().expect("parameters").iter().for_each(|(name, value)| parameters[name] = value.clone());
        parameters.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        refused(name, NOBODY, "AssumeRoleWithSAML", parameters, how)
    };
    let good = |id: &str| json!(field(&at.assertion(id), id));
    let other = |id: &str, from: &str, to: &str| json!(field(&changed(&at.assertion(id), from, to), id));
    vec![
        call("an assertion that was used", good("good"), json!({}), TOKEN),
        call("a stale assertion", json!(at.stale_assertion("stale")), json!({}), EXPIRED),
        call("an assertion signed by a stranger", json!(at.signed_by_a_stranger("strange")), json!({}), TOKEN),
        call(
            "an assertion of a stranger",
            other("issued", crate::saml_identity::IDP, "https://other.example"),
            json!({}),
            TOKEN,
        ),
        call(
            "an assertion for somebody else",
            other("else", "/saml/metadata</saml:Audience>", "/other</saml:Audience>"),
            json!({}),
            TOKEN,
        ),
        call("an assertion for another role", other("role", "role/People,", "role/Absent,"), json!({}), DENIED),
        call(
            "a role that does not take assertions",
            other("closed", "role/People,", "role/Dev,"),
            json!({ "RoleArn": arn("Dev") }),
            DENIED,
        ),
        call("an assertion that is no base64", json!("<saml/>"), json!({}), TOKEN),
        call("an assertion that is no XML", json!("QUFBQUFBQUE="), json!({}), TOKEN),
        call("a short assertion", json!("QQ=="), json!({}), TOKEN),
        call("a long assertion", json!("A".repeat(100_001)), json!({}), INVALID),
        call("no assertion", Value::Null, json!({}), INVALID).unsent_by(PYTHON),
        call("an unknown provider", good("provider"), json!({ "PrincipalArn": CORP.replace("corp", "absent") }), TOKEN),
        call("a provider that is no ARN", good("arn"), json!({ "PrincipalArn": "the provider that I mean" }), INVALID),
        call("an assertion for too long", good("long"), json!({ "DurationSeconds": 7_201 }), INVALID),
    ]
}

fn with_web_identity(at: &Premises) -> Vec<Case> {
    let call = |name, token: Value, more: Value, how| {
        let mut parameters = of("Robots", more);
        parameters["WebIdentityToken"] = token;
        parameters.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
        refused(name, NOBODY, "AssumeRoleWithWebIdentity", parameters, how)
    };
    let claims = |name: &str, value: Value| {
        let mut claims = at.claims();
        claims[name] = value;
        claims
    };
    let (good, now) = (EC.sign(&at.claims()), at.house.clock.now().unix_timestamp());
    let stale = {
        let mut stale = claims("exp", json!(now - 600));
        stale["iat"] = json!(now - 1_200);
        stale
    };
    let stranger = Signer::ec("ec-1").sign(&at.claims());
    let unsigned = format!("{}.{}.", b64(br#"{"alg":"none"}"#), b64(at.claims().to_string().as_bytes()));
    vec![
        call("a changed token", json!(one_off(&good)), json!({}), TOKEN),
        call("a token signed by a stranger", json!(stranger), json!({}), TOKEN),
        call("a token that nobody signed", json!(unsigned), json!({}), TOKEN),
        call("a stale token", json!(EC.sign(&stale)), json!({}), EXPIRED),
        call("a token of tomorrow", json!(EC.sign(&claims("nbf", json!(now + 86_400)))), json!({}), TOKEN),
        call("a token of a stranger", json!(EC.sign(&claims("iss", json!("https://other.example")))), json!({}), TOKEN),
        call("a token for somebody else", json!(EC.sign(&claims("aud", json!("other")))), json!({}), TOKEN),
        call("a token of another subject", json!(EC.sign(&claims("sub", json!("branch")))), json!({}), DENIED),
        call("a token for a role that is not there", json!(good), json!({ "RoleArn": arn("Absent") }), DENIED),
        call("a token for a role that takes none", json!(good), json!({ "RoleArn": arn("Dev") }), DENIED),
        call("a token that is none", json!("the token that I mean"), json!({}), TOKEN),
        call("a short token", json!("abc"), json!({}), INVALID).unsent_by(PYTHON),
        call("a long token", json!("a".repeat(20_001)), json!({}), INVALID),
        call("no token", Value::Null, json!({}), INVALID).unsent_by(PYTHON),
        call("an unknown network", json!(good), json!({ "ProviderId": "www.other.example" }), DENIED),
        call("a token for too long", json!(good), json!({ "DurationSeconds": 7_201 }), INVALID),
        call("a token with another session name", json!(good), json!({ "RoleSessionName": "a b" }), INVALID),
    ]
}
