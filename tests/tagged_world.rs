//! A world in which roles ask for tags and source identities, and assertions that carry them.

use crate::front::{CORP, WORLD, field, files, unsigned};
use crate::front_signed::call;
use crate::house::{Address, Answer, Credentials, House};
use crate::saml_identity::{NOW, changed};
use gatehouse::ambient::Clock;
use serde_json::Value;

const ATTRIBUTES: &str = "https://aws.amazon.com/SAML/Attributes/";
pub(crate) const ALL: &str = r#"["sts:AssumeRoleWithSAML","sts:AssumeRole","sts:TagSession","sts:SetSourceIdentity"]"#;

/// A role that lets the provider and its own account do `actions` under `condition`.
pub(crate) fn role(name: &str, actions: &str, condition: &str) -> String {
    let named = format!(r#""StringEquals":{{{condition}"sts:RoleSessionName":["alice@example.com","worker"]}}"#);
    role_if(name, actions, &named)
}

/// The same under these lines of a Condition.
pub(crate) fn role_if(name: &str, actions: &str, conditions: &str) -> String {
    let statement = |principal: &str| {
        format!(r#"{{"Effect":"Allow","Principal":{principal},"Action":{actions},"Condition":{{{conditions}}}}}"#)
    };
    let (provider, account) =
        (statement(&format!(r#"{{"Federated":"{CORP}"}}"#)), statement(r#"{"AWS":"111122223333"}"#));
    format!(
        r#"
[[role]]
arn = "{}"
trust = {{ json = '{{"Version":"2012-10-17","Statement":[{provider},{account}]}}' }}
policies = [{{ name = "chain", json = '{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:*","Resource":"arn:aws:iam::*:role/*"}}]}}' }}]
"#,
        arn(name)
    )
}

/// Everybody's user: may assume, tag and set a source identity wherever a role lets it.
pub(crate) const TAGGER: (&str, &str) = ("AKIAIOSFODNN7TAGGERX", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYTAGGERKEYX");
const TAGGER_CONFIG: &str = r#"
[[user]]
arn = "arn:aws:iam::111122223333:user/tagger"
access_keys = [{ id = "AKIAIOSFODNN7TAGGERX", secret = { file = "tagger-secret" } }]
policies = [{ name = "all", json = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:*","Resource":"*"}]}' }]
"#;

pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:iam::111122223333:role/{name}")
}

pub(crate) fn tagger() -> Credentials {
    Credentials { id: TAGGER.0.into(), secret: TAGGER.1.into(), token: None }
}

pub(crate) fn all_files() -> Vec<(&'static str, String)> {
    files().into_iter().chain([("tagger-secret", TAGGER.1.to_owned())]).collect()
}

/// [`WORLD`] and these roles.
pub(crate) fn config() -> String {
    let roles = [
        role("Open", ALL, ""),
        role("Team", ALL, r#""aws:RequestTag/team":"ops","#),
        role("Worn", ALL, r#""aws:PrincipalTag/TEAM":"ops","#),
        role("Source", ALL, r#""aws:SourceIdentity":"alice","#),
        role("First", ALL, r#""sts:SourceIdentity":"alice","#),
        role("Sub", ALL, r#""saml:sub":"alice@example.com","saml:sub_type":"persistent","#),
        role("Scholar", ALL, r#""saml:eduPersonPrincipalName":"alice@uni.example","#),
        role("Untagged", r#"["sts:AssumeRoleWithSAML","sts:AssumeRole","sts:SetSourceIdentity"]"#, ""),
        role("Unsourced", r#"["sts:AssumeRoleWithSAML","sts:AssumeRole","sts:TagSession"]"#, ""),
        role("AWSReservedSSO_Admin_0123456789abcdef", ALL, ""),
    ];
    format!("{WORLD}{TAGGER_CONFIG}{}", roles.concat())
}

pub(crate) async fn open() -> House {
    House::open(NOW, &all_files(), |_: &Address| config()).await
}

pub(crate) async fn open_tls() -> House {
    House::open_tls(Clock::held(NOW), "localhost", &all_files(), |_: &Address| config()).await
}

/// An attribute of any name.
pub(crate) fn attribute(name: &str, values: &[&str]) -> String {
    let values: String = values.iter().map(|v| format!("<saml:AttributeValue>{v}</saml:AttributeValue>")).collect();
    format!(r#"<saml:Attribute Name="{name}">{values}</saml:Attribute>"#)
}

/// An attribute of AWS's.
pub(crate) fn aws(name: &str, values: &[&str]) -> String {
    attribute(&format!("{ATTRIBUTES}{name}"), values)
}

/// Two tags, one of them transitive, and a source identity.
pub(crate) fn everything() -> String {
    [
        aws("PrincipalTag:team", &["ops"]),
        aws("PrincipalTag:Cost:Centre/1", &["Zürich 42"]),
        aws("TransitiveTagKeys", &["team"]),
        aws("SourceIdentity", &["alice"]),
    ]
    .concat()
}

/// A response for one role with these attributes, as a form field.
pub(crate) fn asserting(house: &House, id: &str, role: &str, attributes: &str) -> String {
    let xml = changed(&unsigned(house, id), "role/Admin,", &format!("role/{role},"));
    let groups = r#"<saml:Attribute Name="groups">"#;
    field(&changed(&xml, groups, &format!("{attributes}{groups}")), id)
}

pub(crate) async fn with_saml(house: &House, id: &str, role: &str, attributes: &str) -> Answer {
    let paper = asserting(house, id, role, attributes);
    crate::front::assume_with_saml(house, &arn(role), &paper).await
}

pub(crate) async fn assume(house: &House, by: &Credentials, role: &str, more: &[(&str, &str)]) -> Answer {
    let role = arn(role);
    let first =
        [("Action", "AssumeRole"), ("Version", "2011-06-15"), ("RoleArn", &*role), ("RoleSessionName", "worker")];
    let form: Vec<_> = first.into_iter().chain(more.iter().copied()).collect();
    call(house, by, &form).await
}

/// What a record says was asked for, without the members that every grant's has.
pub(crate) fn asked_for(record: &Value) -> Value {
    let mut asked = record["requestParameters"].clone();
    let members = asked.as_object_mut().expect("parameters");
    ["roleSessionName", "durationSeconds", "sAMLAssertionID", "principalArn"]
        .iter()
        .for_each(|name| drop(members.remove(*name)));
    asked
}

/// The audit record of the credentials in an answer.
pub(crate) async fn record(house: &House, answer: &Answer) -> Value {
    let id = answer.element("AccessKeyId");
    let rows = house.rows("SELECT record FROM audit").await;
    let mut records = rows.iter().map(|row| serde_json::from_str::<Value>(&row[0]).expect("JSON"));
    records.find(|record| record["accessKeyId"] == id).expect("a record")
}
