//! The condition keys of session tags, source identities and SAML attributes.

/// In lower case; which attribute is which, `saml` knows.
const SAML: [&str; 26] = [
    "cn",
    "commonname",
    "eduorghomepageuri",
    "eduorgidentityauthnpolicyuri",
    "eduorglegalname",
    "eduorgsuperioruri",
    "eduorgwhitepagesuri",
    "edupersonaffiliation",
    "edupersonassurance",
    "edupersonentitlement",
    "edupersonnickname",
    "edupersonorgdn",
    "edupersonorgunitdn",
    "edupersonprimaryaffiliation",
    "edupersonprimaryorgunitdn",
    "edupersonprincipalname",
    "edupersonscopedaffiliation",
    "edupersontargetedid",
    "givenname",
    "mail",
    "name",
    "organizationstatus",
    "primarygroupsid",
    "surname",
    "uid",
    "x500uniqueidentifier",
];

/// Those of them that are no lists.
const SINGLE: [&str; 4] =
    ["edupersonorgdn", "edupersonprimaryaffiliation", "edupersonprimaryorgunitdn", "edupersonprincipalname"];

const CARRIED: [&str; 4] = ["aws:sourceidentity", "aws:tagkeys", "sts:sourceidentity", "sts:transitivetagkeys"];
const TAGS: [&str; 4] = ["aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "iam:resourcetag/"];

/// `folded` is in lower case.
pub(super) fn is_attribute_key(folded: &str) -> bool {
    let of_a_tag = |prefix: &&str| {
        let key = folded.strip_prefix(*prefix);
        key.is_some_and(|key| (1..=128).contains(&key.chars().count()) && !key.contains(['*', '?']))
    };
    CARRIED.contains(&folded)
        || TAGS.iter().any(of_a_tag)
        || folded.strip_prefix("saml:").is_some_and(|name| SAML.contains(&name))
}

/// Whether it is the key of an attribute that is a list, however many values came. `folded` is in lower case.
pub(super) fn is_list_of_an_attribute(folded: &str) -> bool {
    let name = folded.strip_prefix("saml:");
    name.is_some_and(|name| SAML.contains(&name) && !SINGLE.contains(&name))
}
