//! A draft of a provider's rules, from what it said of one person: a beginning for whoever writes them.

use crate::catalogue::Catalogue;
use crate::trust::OnPaper;
use crate::words::{RoleArn, SessionName, is_unseen};
use serde_json::Value;

/// More groups than these are no draft but a list.
const MOST_GROUPS: usize = 20;
/// What people are called by, the best first.
const NAMES: [&str; 8] =
    ["mail", "email", "preferred_username", "upn", "uid", "eduPersonPrincipalName", "name_id", "sub"];
/// In a claim's name they say that it is of groups.
const OF_GROUPS: [&str; 4] = ["group", "role", "memberof", "affiliation"];
/// Attributes that name groups by number: `isMemberOf` and `eduPersonEntitlement` (eduPerson 1.3.6.1.4.1.5923).
const NUMBERED: [&str; 2] = ["urn:oid:1.3.6.1.4.1.5923.1.5.1.1", "urn:oid:1.3.6.1.4.1.5923.1.1.1.7"];

/// `[[provider.rule]]` tables, one for each group that the person is in. Which role it gives is a guess where the
/// account has one of that name, and left open elsewhere.
pub fn draft_rules(person: &OnPaper, catalogue: &Catalogue) -> String {
    let is_saml = person.provider().saml().is_some();
    let name = session_name(person, is_saml).map(|name| format!("session_name = {}\n", toml_text(&name)));
    let name = name.unwrap_or_default();
    let normalised = person.normalised();
    let groups = normalised.claims.iter().filter(|(claim, _)| is_of_groups(claim)).flat_map(|(claim, value)| {
        let texts: Vec<&str> = match value {
            Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
            other => other.as_str().into_iter().collect(),
        };
        let is_list = value.is_array();
        texts.into_iter().filter(|text| is_plain(text)).map(move |text| (claim, text, is_list))
    });
    let rules: Vec<String> = groups
        .take(MOST_GROUPS)
        .map(|(claim, group, is_list)| {
            let (place, wanted) = (place(claim), cel_text(group));
            let holds =
                if is_list { format!("{place}.exists(g, g == {wanted})") } else { format!("{place} == {wanted}") };
            // A claim that a token does not have makes the rule fail; an attribute is then an empty list.
            let guarded = if is_saml { holds } else { format!("{} in claims && {holds}", cel_text(claim)) };
            rule(&guarded, &role_for(group, person, catalogue), &name)
        })
        .collect();
    if rules.is_empty() { rule("true", &open_role(person), &name) } else { rules.join("\n") }
}

fn rule(when: &str, role: &str, name: &str) -> String {
    format!("[[provider.rule]]\nwhen = {}\nroles = [{}]\n{name}", toml_text(when), toml_text(role))
}

fn role_for(group: &str, person: &OnPaper, catalogue: &Catalogue) -> String {
    let alike =
        |role: &RoleArn| role.account() == person.provider().account() && role.name().eq_ignore_ascii_case(group);
    let found = catalogue.roles().map(|role| &role.arn).find(|role| alike(role));
    found.map_or_else(|| open_role(person), ToString::to_string)
}

fn open_role(person: &OnPaper) -> String {
    format!("arn:aws:iam::{}:role/WhichRole", person.provider().account())
}

fn session_name(person: &OnPaper, is_saml: bool) -> Option<String> {
    let claims = person.claims();
    let fits = |value: &Value| {
        let text = if is_saml { value.get(0).and_then(Value::as_str) } else { value.as_str() };
        text.is_some_and(|text| text.parse::<SessionName>().is_ok())
    };
    let name = NAMES.into_iter().find(|name| claims.get(*name).is_some_and(fits))?;
    Some(if is_saml { format!("{}[0]", place(name)) } else { place(name) })
}

fn is_of_groups(claim: &str) -> bool {
    let folded = claim.to_ascii_lowercase();
    let is_aws = folded.starts_with("https://aws.amazon.com/");
    !is_aws && (NUMBERED.contains(&claim) || OF_GROUPS.iter().any(|word| folded.contains(word)))
}

/// Whoever copies it should see what they copy: nothing that is not shown, or that turns round what is.
fn is_plain(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(is_unseen)
}

fn place(claim: &str) -> String {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let is_word = claim.bytes().all(word) && claim.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if is_word { format!("claims.{claim}") } else { format!("claims[{}]", cel_text(claim)) }
}

/// CEL and JSON write texts alike.
fn cel_text(text: &str) -> String {
    Value::from(text).to_string()
}

/// Literal where it can be, for that is how rules are easiest to read.
fn toml_text(text: &str) -> String {
    if text.contains('\'') { toml::Value::from(text).to_string() } else { format!("'{text}'") }
}
