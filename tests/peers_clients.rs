//! A SAML response of SimpleSAMLphp, and tags, in the hands of the AWS CLI as it is.

use crate::house::{Address, House};
use crate::peers_saml::campus;
use crate::peers_simplesamlphp::{Signed, SimpleSaml};
use crate::peers_start::{Output, aws, saml_response};
use crate::tagged_world::{self, TAGGER};
use serde_json::Value;

const ADMIN: &str = "arn:aws:iam::222222222222:role/Admin";
const PROVIDER: &str = "arn:aws:iam::222222222222:saml-provider/ssp";

async fn who_am_i(house: &House, [id, secret, token]: [&str; 3]) -> Output {
    let environment = [
        ("AWS_ACCESS_KEY_ID", id),
        ("AWS_SECRET_ACCESS_KEY", secret),
        ("AWS_SESSION_TOKEN", token),
        ("AWS_ENDPOINT_URL_STS", house.public_url.as_str()),
    ];
    aws(&["sts", "get-caller-identity", "--output", "json"], &environment).await
}

/// The same text with another letter in its middle.
fn one_byte_off(text: &str) -> String {
    let (at, mut bytes) = (text.len() / 2, text.as_bytes().to_vec());
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("ASCII")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_turns_a_response_into_credentials_that_hold() {
    let idp = SimpleSaml::start().await;
    let house = House::open_at(Address::loopback(), &[("ssp.xml", idp.metadata.clone())], campus(false)).await;
    idp.knows(&house, &Signed::Assertion.setting()).await;
    let posted = saml_response(&idp.unasked(&house.public_url), "global").await;
    let assertion = house.directory.write("assertion", &posted.response);
    let assertion = format!("file://{}", assertion.display());

    let call = ["sts", "assume-role-with-saml", "--output", "json", "--endpoint-url", &house.public_url];
    let names = ["--role-arn", ADMIN, "--principal-arn", PROVIDER, "--saml-assertion", &assertion];
    let assumed = aws(&[call.as_slice(), &names].concat(), &[]).await;
    assert!(assumed.good, "assume-role-with-saml: {}", assumed.errors);
    let assumed: Value = serde_json::from_str(&assumed.text).expect("JSON");
    let arn = "arn:aws:sts::222222222222:assumed-role/Admin/global@example.org";
    assert_eq!(assumed["AssumedRoleUser"]["Arn"], arn, "the role is worn under the asserted session name");
    assert_eq!(assumed["Subject"], "global@example.org", "the subject is the NameID");
    assert_eq!(assumed["SubjectType"], "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress");
    assert_eq!(assumed["Audience"], house.url("/saml/acs"), "the audience is the recipient");

    let text = |name: &str| assumed["Credentials"][name].as_str().expect(name).to_owned();
    let (id, secret, token) = (text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"));
    let (forged_secret, forged_token) = (one_byte_off(&secret), one_byte_off(&token));
    let (good, other_secret, other_token) = tokio::join!(
        who_am_i(&house, [&id, &secret, &token]),
        who_am_i(&house, [&id, &forged_secret, &token]),
        who_am_i(&house, [&id, &secret, &forged_token]),
    );
    assert!(good.good, "get-caller-identity: {}", good.errors);
    let identity: Value = serde_json::from_str(&good.text).expect("JSON");
    assert_eq!(identity["Arn"], arn, "the credentials are those of the role session");
    assert_eq!(identity["Account"], "222222222222");
    assert_eq!(identity["UserId"], assumed["AssumedRoleUser"]["AssumedRoleId"], "one id for one session");
    assert!(!other_secret.good && other_secret.errors.contains("(SignatureDoesNotMatch)"), "{}", other_secret.errors);
    assert!(!other_token.good && other_token.errors.contains("(InvalidClientTokenId)"), "{}", other_token.errors);
    house.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_aws_cli_passes_tags_and_a_source_identity_through_a_chain() {
    let house = House::open_at(Address::loopback(), &tagged_world::all_files(), tagged_world::config()).await;
    let assume = async |by: [&str; 3], role: &str, more: &[&str]| {
        let role = tagged_world::arn(role);
        let call = ["sts", "assume-role", "--output", "json", "--role-session-name", "worker", "--role-arn", &role];
        let environment = [
            ("AWS_ACCESS_KEY_ID", by[0]),
            ("AWS_SECRET_ACCESS_KEY", by[1]),
            ("AWS_SESSION_TOKEN", by[2]),
            ("AWS_ENDPOINT_URL_STS", house.public_url.as_str()),
        ];
        // Without a token of its own the user must not send an empty one.
        let environment = environment.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>();
        aws(&[call.as_slice(), more].concat(), &environment).await
    };
    let tags = ["--tags", "Key=team,Value=ops", "Key=note,Value=", "--transitive-tag-keys", "team"];
    let passed = [tags.as_slice(), &["--source-identity", "alice"]].concat();
    let first = assume([TAGGER.0, TAGGER.1, ""], "Team", &passed).await;
    assert!(first.good, "assume-role: {}", first.errors);
    let first: Value = serde_json::from_str(&first.text).expect("JSON");
    assert_eq!((&first["SourceIdentity"], &first["PackedPolicySize"]), (&"alice".into(), &1.into()));
    let text = |name: &str| first["Credentials"][name].as_str().expect(name).to_owned();
    let session = [text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken")];
    let session = session.each_ref().map(String::as_str);
    for role in ["Worn", "Source"] {
        let second = assume(session, role, &[]).await;
        assert!(second.good && second.text.contains("\"alice\""), "{role}: {} {}", second.text, second.errors);
    }
    let again = assume(session, "Open", &["--tags", "Key=Team,Value=dev"]).await;
    assert!(!again.good && again.errors.contains("(ValidationError)"), "{}", again.errors);
    let other = assume(session, "Open", &["--source-identity", "bob"]).await;
    assert!(!other.good && other.errors.contains("(AccessDenied)"), "{}", other.errors);
    house.close().await;
}
