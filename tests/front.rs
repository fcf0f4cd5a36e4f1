//! The world that the front-door tests live in: two accounts, one SAML identity provider known in both, roles that say
//! yes and roles that say no.

use crate::house::{Address, Answer, Credentials, House, idp_metadata};
use crate::saml_identity::{ACS, AUDIENCE, IDP, NOW, REQUEST, RSA, changed, response, sign};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

pub(crate) const ADMIN: &str = "arn:aws:iam::111122223333:role/Admin";
pub(crate) const CLOSED: &str = "arn:aws:iam::111122223333:role/Closed";
pub(crate) const CORP: &str = "arn:aws:iam::111122223333:saml-provider/corp";
pub(crate) const USER: (&str, &str) = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

pub(crate) const WORLD: &str = r#"
[[account]]
id = "111122223333"
alias = "production"

[[account]]
id = "444455556666"
alias = "sandbox"

[[provider]]
name = "corp"
account = "111122223333"
kind = "saml"
metadata = { file = "idp.xml" }
idp_initiated = true

[[provider]]
name = "corp"
account = "444455556666"
kind = "saml"
metadata = { file = "idp.xml" }
idp_initiated = true

[[role]]
arn = "arn:aws:iam::111122223333:role/Admin"
max_session = "2h"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"SAML:iss":"https://idp.example/metadata"}}},{"Sid":"Ops","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}]}' }
policies = [{ name = "chain", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::*:role/*"}]}' }]

[[role]]
arn = "arn:aws:iam::111122223333:role/Closed"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::111122223333:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML","Condition":{"StringEquals":{"saml:sub":"nobody"}}}]}' }

[[role]]
arn = "arn:aws:iam::111122223333:role/Partner"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/ops"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"Ticket-7"}}}]}' }

[[role]]
arn = "arn:aws:iam::444455556666:role/Guest"
trust = { json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::444455556666:saml-provider/corp"},"Action":"sts:AssumeRoleWithSAML"},{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"sts:AssumeRole"}]}' }

[[user]]
arn = "arn:aws:iam::111122223333:user/ops"
access_keys = [{ id = "AKIAIOSFODNN7EXAMPLE", secret = { file = "ops-secret" } }]
policies = [{ name = "assume", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"arn:aws:iam::111122223333:role/Admin"}]}' }]
"#;

pub(crate) fn files() -> Vec<(&'static str, String)> {
    let metadata = idp_metadata(IDP, "https://idp.example/sso", &[&RSA.certificate]);
    vec![("idp.xml", metadata), ("ops-secret", USER.1.to_owned())]
}

/// A gateway at [`NOW`] in this world, with `more` configuration.
pub(crate) async fn open(more: &str) -> House {
    House::open(NOW, &files(), |_: &Address| format!("{WORLD}{more}")).await
}

/// The Role values of both accounts.
pub(crate) const BOTH: &str = "arn:aws:iam::111122223333:role/Admin,arn:aws:iam::111122223333:saml-provider/corp</saml:AttributeValue><saml:AttributeValue>arn:aws:iam::444455556666:saml-provider/corp, arn:aws:iam::444455556666:role/Guest";
const ROLE_VALUE: &str = "arn:aws:iam::111122223333:role/Admin,arn:aws:iam::111122223333:saml-provider/corp";
const SESSION_NAME: &str = r#"<saml:Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><saml:AttributeValue>alice@example.com</saml:AttributeValue></saml:Attribute><saml:Attribute Name="groups">"#;

/// A response made out to this house that nobody asked for, as XML before it is signed. `id` makes it another one.
pub(crate) fn unsigned(house: &House, id: &str) -> String {
    let xml = changed(&response(), ACS, &house.url("/saml/acs"));
    let xml = changed(&xml, AUDIENCE, &house.url("/saml/metadata"));
    let xml = changed(&xml, &format!(r#" InResponseTo="{REQUEST}""#), "");
    let xml = changed(&xml, r#"<saml:Attribute Name="groups">"#, SESSION_NAME);
    changed(&xml, "_assertion", &format!("_assertion-{id}"))
}

/// [`unsigned`] with roles in both accounts.
pub(crate) fn in_both_accounts(house: &House, id: &str) -> String {
    changed(&unsigned(house, id), ROLE_VALUE, BOTH)
}

/// Signs the assertion, as a form field.
pub(crate) fn field(xml: &str, id: &str) -> String {
    STANDARD.encode(sign(xml, &format!("_assertion-{id}"), &RSA))
}

pub(crate) fn good(house: &House, id: &str) -> String {
    field(&unsigned(house, id), id)
}

pub(crate) async fn assume_with_saml(house: &House, role: &str, assertion: &str) -> Answer {
    let parameters = [("RoleArn", role), ("PrincipalArn", CORP), ("SAMLAssertion", assertion)];
    house.sts("AssumeRoleWithSAML", &parameters).await
}

pub(crate) async fn admin(house: &House, id: &str) -> Credentials {
    assume_with_saml(house, ADMIN, &good(house, id)).await.credentials()
}

/// How many role sessions there are on record.
pub(crate) async fn sessions(house: &House) -> usize {
    house.rows("SELECT access_key_id FROM role_session").await.len()
}
