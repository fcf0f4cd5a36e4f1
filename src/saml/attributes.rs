//! The attributes that AWS makes condition keys of (IAM User Guide, "Available keys for SAML-based AWS STS
//! federation"): eduPerson and eduOrg, X.500, and the claims of Active Directory.

use super::assertion::Attribute;

/// Which attribute serves a condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionKey {
    pub key: &'static str,
    pub attribute: String,
    /// Attributes that mean the same key and came later: they do not count.
    pub passed_over: Vec<String>,
}

const EDU_PERSON: &str = "urn:oid:1.3.6.1.4.1.5923.1.1.1.";
const EDU_ORG: &str = "urn:oid:1.3.6.1.4.1.5923.1.2.1.";

/// The last arc of the OID, and the key.
const PERSON: [(&str, &str); 11] = [
    ("1", "saml:eduPersonAffiliation"),
    ("2", "saml:eduPersonNickname"),
    ("3", "saml:eduPersonOrgDN"),
    ("4", "saml:eduPersonOrgUnitDN"),
    ("5", "saml:eduPersonPrimaryAffiliation"),
    ("6", "saml:eduPersonPrincipalName"),
    ("7", "saml:eduPersonEntitlement"),
    ("8", "saml:eduPersonPrimaryOrgUnitDN"),
    ("9", "saml:eduPersonScopedAffiliation"),
    ("10", "saml:eduPersonTargetedID"),
    ("11", "saml:eduPersonAssurance"),
];

const ORG: [(&str, &str); 5] = [
    ("2", "saml:eduOrgHomePageURI"),
    ("3", "saml:eduOrgIdentityAuthNPolicyURI"),
    ("4", "saml:eduOrgLegalName"),
    ("5", "saml:eduOrgSuperiorURI"),
    ("6", "saml:eduOrgWhitePagesURI"),
];

/// Attributes by their whole name; an OID counts with `urn:oid:` before it as well. AWS prints some OIDs with a slip
/// (2.4.5.42, and a dot left out); the printed and the registered one both count.
const NAMED: [(&str, &str); 20] = [
    ("urn:oid:2.5.4.3", "saml:cn"),
    ("2.5.4.3", "saml:commonName"),
    ("2.5.4.4", "saml:surname"),
    ("2.4.5.42", "saml:givenName"),
    ("2.5.4.42", "saml:givenName"),
    ("2.5.4.45", "saml:x500UniqueIdentifier"),
    ("0.9.2342.19200300100.1.1", "saml:uid"),
    ("0.9.2342.19200300.100.1.1", "saml:uid"),
    ("0.9.2342.19200300100.1.3", "saml:mail"),
    ("0.9.2342.19200300.100.1.3", "saml:mail"),
    ("0.9.2342.19200300.100.1.45", "saml:organizationStatus"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/name", "saml:name"),
    ("http://schemas.xmlsoap.org/claims/CommonName", "saml:commonName"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/givenname", "saml:givenName"),
    ("http://schemas.xmlsoap.org/claims/givenname", "saml:givenName"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/surname", "saml:surname"),
    ("http://schemas.xmlsoap.org/claims/surname", "saml:surname"),
    ("http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress", "saml:mail"),
    ("http://schemas.xmlsoap.org/claims/emailaddress", "saml:mail"),
    // AWS prints `uid` for this one, and has a key `primaryGroupSID` that nothing else would fill.
    ("http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid", "saml:primaryGroupSID"),
];

/// The keys that are not lists.
const SINGLE: [&str; 4] = [
    "saml:eduPersonOrgDN",
    "saml:eduPersonPrimaryAffiliation",
    "saml:eduPersonPrimaryOrgUnitDN",
    "saml:eduPersonPrincipalName",
];

/// The condition keys of an assertion. Where two attributes mean one key, the first of the document counts.
pub fn condition_keys(attributes: &[Attribute]) -> Vec<ConditionKey> {
    let mut found: Vec<ConditionKey> = Vec::new();
    for attribute in attributes {
        let Some(key) = key_of(&attribute.name) else { continue };
        match found.iter_mut().find(|known| known.key == key) {
            Some(known) => known.passed_over.push(attribute.name.clone()),
            None => found.push(ConditionKey { key, attribute: attribute.name.clone(), passed_over: Vec::new() }),
        }
    }
    found
}

/// Whether a key stands for a list, however many values came.
pub fn is_list(key: &str) -> bool {
    !SINGLE.contains(&key)
}

fn key_of(name: &str) -> Option<&'static str> {
    let in_table = |table: &[(&str, &'static str)], name: &str| {
        table.iter().find(|(known, _)| *known == name).map(|(_, key)| *key)
    };
    match (name.strip_prefix(EDU_PERSON), name.strip_prefix(EDU_ORG)) {
        (Some(arc), _) => in_table(&PERSON, arc),
        (_, Some(arc)) => in_table(&ORG, arc),
        _ => in_table(&NAMED, name).or_else(|| in_table(&NAMED, name.strip_prefix("urn:oid:")?)),
    }
}
