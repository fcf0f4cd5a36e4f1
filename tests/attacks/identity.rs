//! Who the document is about, who issued it, and whom it speaks for.

use super::row::{Row, before, hostile};
use crate::saml_identity::{IDP, changed, element};

pub(super) fn rows() -> Vec<Row> {
    [subject(), issuer(), strangers(), versions()].into_iter().flatten().collect()
}

fn subject() -> Vec<Row> {
    let schema = "SAML core 2.4.1";
    let part = |name: &'static str, code: &'static str, tag: &'static str, by: fn(&str) -> String| {
        hostile("C11", name, schema, code, move |good| {
            let part = element(&good.xml, tag);
            good.sign(&changed(&good.xml, part, &by(part)))
        })
    };
    let named = |name: &'static str, to: &'static str| {
        before(
            "C12",
            name,
            "normalisation (Spotify 2013)",
            "trust.bad-session-name",
            "alice@example.com</saml:AttributeValue>",
            format!("{to}</saml:AttributeValue>"),
        )
    };
    vec![
        part("no Subject", "saml.subject", "saml:Subject", |_| String::new()),
        part("two Subjects", "saml.subject", "saml:Subject", |part| part.repeat(2)),
        part("no NameID", "saml.name-id", "saml:NameID", |_| String::new()),
        part("two NameIDs", "saml.name-id", "saml:NameID", |part| part.repeat(2)),
        part("empty NameID", "saml.name-id", "saml:NameID", |_| "<saml:NameID/>".into()),
        part("blank NameID", "saml.name-id", "saml:NameID", |_| "<saml:NameID> \n </saml:NameID>".into()),
        part("a BaseID", "saml.unexpected-element", "saml:NameID", |part| format!("<saml:BaseID/>{part}")),
        part("attribute without a name", "saml.missing-attribute", "saml:AttributeStatement", |part| {
            part.replace("Name=\"groups\"", "NameFormat=\"groups\"")
        }),
        named("zero-width space in the session name", "alice\u{200b}@example.com"),
        named("full-width letters in the session name", "\u{ff41}lice@example.com"),
        named("blanks around the session name", " alice@example.com "),
        named("line break in the session name", "alice&#10;@example.com"),
    ]
}

fn issuer() -> Vec<Row> {
    let both = |name: &'static str, code: &'static str, to: &'static str| {
        before("C13", name, "SAML core 2.2.5", code, IDP, to)
    };
    let of_the_response = |name: &'static str, to: &'static str| {
        hostile("C13", name, "SAML core 3.2.2", "saml.issuer", move |good| {
            let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer><samlp:Status>");
            good.sign(&changed(&good.xml, &issuer, &format!("{to}<samlp:Status>")))
        })
    };
    let of_the_assertion = |name: &'static str, code: &'static str, to: &'static str| {
        hostile("C13", name, "SAML core 2.2.5", code, move |good| {
            let issuer = format!("<saml:Issuer>{IDP}</saml:Issuer><saml:Subject>");
            good.sign(&changed(&good.xml, &issuer, &format!("{to}<saml:Subject>")))
        })
    };
    vec![
        both("with a slash", "saml.unknown-issuer", "https://idp.example/metadata/"),
        both("in other letters", "saml.unknown-issuer", "HTTPS://idp.example/metadata"),
        both("blanks around it", "saml.unknown-issuer", " https://idp.example/metadata "),
        both("unknown", "saml.unknown-issuer", "https://stranger.example/metadata"),
        of_the_response("the response's is another", "<saml:Issuer>https://stranger.example</saml:Issuer>"),
        of_the_response("the response's is empty", "<saml:Issuer/>"),
        of_the_assertion("the assertion has none", "saml.issuer-missing", ""),
        of_the_assertion("the assertion's is empty", "saml.issuer-missing", "<saml:Issuer/>"),
        of_the_assertion(
            "the assertion has two",
            "saml.issuer-missing",
            "<saml:Issuer>https://idp.example/metadata</saml:Issuer><saml:Issuer>x</saml:Issuer>",
        ),
    ]
}

/// One identity provider speaks for another's registration.
fn strangers() -> Vec<Row> {
    let ours = "111122223333:saml-provider/corp";
    vec![
        before(
            "C14",
            "a role by another account's provider",
            "cross-provider confusion",
            "trust.no-role-given",
            ours,
            "444455556666:saml-provider/corp",
        ),
        before(
            "C14",
            "a role by another provider",
            "cross-provider confusion",
            "trust.no-role-given",
            ours,
            "111122223333:saml-provider/curved",
        ),
        before(
            "C14",
            "another account's role by our provider",
            "cross-provider confusion",
            "trust.no-statement-allows",
            "111122223333:role/Admin",
            "444455556666:role/Guest",
        )
        .api("trust.role-not-given"),
        before(
            "C14",
            "a role that does not trust the provider",
            "cross-provider confusion",
            "trust.no-statement-allows",
            "role/Admin",
            "role/Closed",
        )
        .api("trust.role-not-given"),
        hostile("C14", "signed by one provider, issued by another", "Keycloak brokering", "saml.key-family", |good| {
            good.sign(&changed(&good.xml, IDP, super::CURVED))
        }),
    ]
}

fn versions() -> Vec<Row> {
    let core = "SAML core 4";
    vec![
        before(
            "C18",
            "response of version 1.1",
            core,
            "saml.version",
            "_response\" Version=\"2.0\"",
            "_response\" Version=\"1.1\"",
        ),
        before("C18", "response of no version", core, "saml.version", "_response\" Version=\"2.0\"", "_response\""),
        hostile("C18", "assertion of version 1.1", core, "saml.version", |good| {
            let version = format!("{}\" Version=\"2.0\"", good.id);
            good.sign(&changed(&good.xml, &version, &version.replace("2.0", "1.1")))
        }),
        hostile("C18", "assertion of no version", core, "saml.version", |good| {
            good.sign(&changed(&good.xml, &format!("{}\" Version=\"2.0\"", good.id), &format!("{}\"", good.id)))
        }),
    ]
}
