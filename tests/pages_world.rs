//! People in front of the console's pages: several of them at one identity provider that two accounts know, with roles that
//! may look at what is the account's and roles that may not.

use crate::front::{ADMIN, WORLD, field, files, unsigned};
use crate::house::{Address, Answer, Browser, House, idp_metadata};
use crate::saml_identity::{IDP, NOW, RSA, STRANGER, changed};
use gatehouse::ambient::Clock;

pub(crate) const AUDITOR: &str = "arn:aws:iam::111122223333:role/Auditor";
/// May see who is barred, and let them in again.
pub(crate) const PORTER: &str = "arn:aws:iam::111122223333:role/Porter";
/// May all of the console, in the other account.
pub(crate) const WATCH: &str = "arn:aws:iam::444455556666:role/Watch";

const MORE: &str = r#"
[[role]]
arn = "arn:aws:iam::111122223333:role/Auditor"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML"}]}' }
policies = [{ name = "audit", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["gatehouse:ListSessions","gatehouse:RevokeSession","gatehouse:ReadAudit","gatehouse:ReadTrace"],"Resource":"arn:aws:gatehouse::111122223333:*"}]}' }]

[[role]]
arn = "arn:aws:iam::111122223333:role/Porter"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML"}]}' }
policies = [{ name = "admit", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["gatehouse:ListSessions","gatehouse:AdmitPerson"],"Resource":"arn:aws:gatehouse::111122223333:session/*"}]}' }]

[[role]]
arn = "arn:aws:iam::444455556666:role/Watch"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::444455556666:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML"}]}' }
policies = [{ name = "watch", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"gatehouse:*","Resource":"*"}]}' }]
"#;

pub(crate) async fn open() -> House {
    House::open_tls(Clock::held(NOW), "localhost", &files(), |_: &Address| format!("{WORLD}{MORE}")).await
}

/// The same where the other account has registered a key of its own beside the identity provider's.
pub(crate) async fn open_with_a_key_of_theirs() -> House {
    let registered = "account = \"444455556666\"\nkind = \"saml\"\nmetadata = { file = \"idp.xml\" }";
    let config = changed(&format!("{WORLD}{MORE}"), registered, &registered.replace("idp.xml", "theirs.xml"));
    let keys: [&[u8]; 2] = [&RSA.certificate, &STRANGER.certificate];
    let mut files = files();
    files.push(("theirs.xml", idp_metadata(IDP, "https://idp.example/sso", &keys)));
    House::open_tls(Clock::held(NOW), "localhost", &files, |_: &Address| config).await
}

/// The value of the Role attribute for this role.
fn pair(role: &str) -> String {
    let account = role.split(':').nth(4).unwrap();
    format!("{role},arn:aws:iam::{account}:saml-provider/corp")
}

/// A response about this person with these roles, that nobody asked for. Names are as they stand in XML.
pub(crate) fn about(house: &House, id: &str, person: &str, roles: &[&str]) -> String {
    field(&unsigned_about(house, id, person, roles), id)
}

pub(crate) fn unsigned_about(house: &House, id: &str, person: &str, roles: &[&str]) -> String {
    let roles: Vec<String> = roles.iter().map(|role| pair(role)).collect();
    let xml = changed(&unsigned(house, id), &pair(ADMIN), &roles.join("</saml:AttributeValue><saml:AttributeValue>"));
    changed(&xml, ">alice@example.com</saml:NameID>", &format!(">{person}</saml:NameID>"))
}

/// Signs in and, with one role, wears it.
pub(crate) async fn sign_in(house: &House, id: &str, person: &str, roles: &[&str]) -> Browser {
    let mut browser = Browser::default();
    let answer = browser.post(house, "/saml/acs", &[("SAMLResponse", &about(house, id, person, roles))]).await;
    let page = browser.follow(house, answer).await;
    assert!(page.status == 200 && browser.cookies.contains_key("__Host-s1"), "{}", page.body);
    browser
}

/// A page that is shown.
pub(crate) async fn page(house: &House, browser: &mut Browser, path: &str) -> String {
    let answer = browser.get(house, path).await;
    assert_eq!(answer.status, 200, "{path}: {:?} {}", answer.location, answer.body);
    answer.body
}

/// The code on a page that says no.
pub(crate) fn refused(answer: &Answer) -> (u16, &str) {
    let mark = "<dt>Reason</dt><dd><code>";
    let from = answer.body.find(mark).unwrap_or_else(|| panic!("no reason in {} {}", answer.status, answer.body));
    let rest = &answer.body[from + mark.len()..];
    (answer.status, &rest[..rest.find('<').expect("an end")])
}
