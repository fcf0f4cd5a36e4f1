//! What honest identity providers say, in all the ways that the schema allows.

use super::row::{Row, honest};
use crate::saml_identity::{RSA, changed, element, sign};

const SCHEMA: &str = "SAML core, schema";

pub(super) fn rows() -> Vec<Row> {
    [values(), subjects(), statements(), conditions(), times()].into_iter().flatten().collect()
}

fn values() -> Vec<Row> {
    let valued = |name: &'static str, reference: &'static str, values: String| {
        honest(name, reference, move |good| {
            let more = format!("<saml:Attribute Name=\"more\">{values}</saml:Attribute></saml:AttributeStatement>");
            good.sign(&changed(&good.xml, "</saml:AttributeStatement>", &more))
        })
    };
    let value = |text: &str| format!("<saml:AttributeValue>{text}</saml:AttributeValue>");
    vec![
        valued("non-ASCII value", "Unicode", value("Jürgen Groß, Łódź, 東京, مرحبا, 👩‍💻")),
        valued("decomposed letters", "Unicode", value("Zoe\u{308}")),
        valued("value of 20 kB", "groups by the hundred", value(&"cn=staff,ou=groups,dc=example,dc=com;".repeat(560))),
        valued("300 values", "Entra group claims", value("5f6c3a1e-8b7d-4c2a-9e0f-1d2c3b4a5968").repeat(300)),
        valued(
            "nested XML",
            "eduPersonTargetedID",
            value(
                "<saml:NameID Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\" NameQualifier=\"https://idp.example\">x1</saml:NameID>",
            ),
        ),
        valued(
            "nested XML of another namespace",
            SCHEMA,
            value("<a:address xmlns:a=\"urn:example:address\"><a:city>Graz</a:city></a:address>"),
        ),
        valued(
            "namespaces by the hundred, few at a time",
            SCHEMA,
            value(&"<v xmlns='urn:v' xmlns:a='urn:a' xmlns:b='urn:b'><a:w b:x=''/></v>".repeat(60)),
        ),
        valued("a namespace of 256 octets", SCHEMA, value(&format!("<v xmlns='urn:{}'/>", "x".repeat(252)))),
        valued("quotes and ends of tags in attributes", "XML 1.0", value("<v a=\">\" b='\"/>' c=\"'\" d = '/'></v>")),
        valued(
            "tags as text",
            "XML 1.0",
            value(&format!("<![CDATA[{}</v>]]>", "<v xmlns='&amp;' xmlns:w='urn:w'>\n".repeat(50))),
        ),
        valued("empty value", SCHEMA, "<saml:AttributeValue/>".into()),
        valued("no value", SCHEMA, String::new()),
        valued(
            "nil value",
            SCHEMA,
            "<saml:AttributeValue xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:nil=\"true\"/>".into(),
        ),
        valued(
            "language of a value",
            SCHEMA,
            "<saml:AttributeValue xml:lang=\"de\">Grüße</saml:AttributeValue>".into(),
        ),
        valued("white space that is kept", "XML 1.0", value("  a&#9;b&#10;c&#13;\n  ")),
        valued("markup as text", "XML 1.0", value("&lt;b&gt; &amp;amp; &quot;x&quot;")),
        honest("several AttributeStatements", "LemonLDAP::NG", |good| {
            good.sign(&changed(
                &good.xml,
                "<saml:Attribute Name=\"groups\">",
                "</saml:AttributeStatement><saml:AttributeStatement><saml:Attribute Name=\"groups\">",
            ))
        }),
        honest("attributes with friendly names and formats", "Shibboleth", |good| {
            let named = "Name=\"groups\" NameFormat=\"urn:oasis:names:tc:SAML:2.0:attrname-format:uri\" FriendlyName=\"isMemberOf\"";
            good.sign(&changed(&good.xml, "Name=\"groups\"", named))
        }),
        honest("attributes of another namespace on Attribute", "eduGAIN", |good| {
            let named = "xmlns:x500=\"urn:oasis:names:tc:SAML:2.0:profiles:attribute:X500\" x500:Encoding=\"LDAP\" Name=\"groups\"";
            good.sign(&changed(&good.xml, "Name=\"groups\"", named))
        }),
    ]
}

fn subjects() -> Vec<Row> {
    let format = |name: &'static str, reference: &'static str, by: &'static str| {
        honest(name, reference, move |good| {
            good.sign(&changed(&good.xml, "Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:persistent\"", by))
        })
    };
    vec![
        format("e-mail address", "Google", "Format=\"urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress\""),
        format("transient", "Shibboleth", "Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:transient\""),
        format("no format", "Auth0", ""),
        format(
            "qualifiers",
            "Shibboleth",
            "NameQualifier=\"https://idp.example/metadata\" SPNameQualifier=\"https://gate.example\" SPProvidedID=\"7\"",
        ),
        honest("address of the confirmation", "Shibboleth, PingFederate", |good| {
            good.sign(&changed(&good.xml, " Recipient=", " Address=\"192.0.2.7\" Recipient="))
        }),
        honest("a second confirmation, for somebody else", "Keycloak", |good| {
            let ours = element(&good.xml, "saml:SubjectConfirmation");
            let other = ours.replace(&good.acs, "https://other.example/saml/acs");
            good.sign(&changed(&good.xml, ours, &format!("{other}{ours}")))
        }),
        honest("a second confirmation, by sender-vouches", "SAML core 2.4.1.1", |good| {
            let ours = element(&good.xml, "saml:SubjectConfirmation");
            good.sign(&changed(&good.xml, ours, &format!("{}{ours}", ours.replace("bearer", "sender-vouches"))))
        }),
        honest("issuer with its format", "SimpleSAMLphp", |good| {
            good.sign(&changed(
                &good.xml,
                "<saml:Issuer>",
                "<saml:Issuer Format=\"urn:oasis:names:tc:SAML:2.0:nameid-format:entity\">",
            ))
        }),
    ]
}

fn statements() -> Vec<Row> {
    let context = |name: &'static str, reference: &'static str, by: &'static str| {
        honest(name, reference, move |good| {
            let context = element(&good.xml, "saml:AuthnContext");
            good.sign(&changed(&good.xml, context, &format!("<saml:AuthnContext>{by}</saml:AuthnContext>")))
        })
    };
    vec![
        context(
            "context by its declaration",
            "SAML core 2.7.2.2",
            "<saml:AuthnContextDeclRef>urn:x:level2</saml:AuthnContextDeclRef>",
        ),
        context(
            "context of a proxied identity provider",
            "SimpleSAMLphp",
            "<saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef><saml:AuthenticatingAuthority>https://upstream.example</saml:AuthenticatingAuthority>",
        ),
        context(
            "multiple factors",
            "Entra",
            "<saml:AuthnContextClassRef>http://schemas.microsoft.com/claims/multipleauthn</saml:AuthnContextClassRef>",
        ),
        honest("where the person sat", "Shibboleth", |good| {
            good.sign(&changed(
                &good.xml,
                "<saml:AuthnContext>",
                "<saml:SubjectLocality Address=\"192.0.2.7\" DNSName=\"desk.example\"/><saml:AuthnContext>",
            ))
        }),
        honest("two AuthnStatements", SCHEMA, |good| {
            let statement = element(&good.xml, "saml:AuthnStatement");
            good.sign(&changed(&good.xml, statement, &statement.repeat(2)))
        }),
        honest("AuthnStatement behind the attributes", "PingFederate", |good| {
            let statement = element(&good.xml, "saml:AuthnStatement");
            let attributes = element(&good.xml, "saml:AttributeStatement");
            good.sign(&changed(&good.xml, &format!("{statement}{attributes}"), &format!("{attributes}{statement}")))
        }),
        honest("no session index and no session end", "Auth0", |good| {
            good.sign(&changed(
                &good.xml,
                " SessionIndex=\"_session\" SessionNotOnOrAfter=\"2031-01-01T20:00:00Z\"",
                "",
            ))
        }),
        honest("consent of the response", "AD FS, Entra", |good| {
            good.sign(&changed(
                &good.xml,
                "ID=\"_response\"",
                "Consent=\"urn:oasis:names:tc:SAML:2.0:consent:unspecified\" ID=\"_response\"",
            ))
        }),
        honest("message with the status", "LemonLDAP::NG", |good| {
            good.sign(&changed(
                &good.xml,
                "</samlp:Status>",
                "<samlp:StatusMessage>Authentication success</samlp:StatusMessage></samlp:Status>",
            ))
        }),
        honest("extensions of the response", "SAML core 3.2.2", |good| {
            let extended = "<samlp:Extensions><x xmlns=\"urn:example:more\">y</x></samlp:Extensions><samlp:Status>";
            sign(&good.sign(&changed(&good.xml, "<samlp:Status>", extended)), "_response", &RSA)
        }),
        honest("response without Destination and Issuer", "SAML core 3.2.2", |good| {
            let xml = changed(&good.xml, &format!(" Destination=\"{}\"", good.acs), "");
            good.sign(&xml.replacen("<saml:Issuer>https://idp.example/metadata</saml:Issuer>", "", 1))
        }),
    ]
}

fn conditions() -> Vec<Row> {
    let condition = |name: &'static str, reference: &'static str, by: &'static str| {
        honest(name, reference, move |good| {
            good.sign(&changed(&good.xml, "</saml:Conditions>", &format!("{by}</saml:Conditions>")))
        })
    };
    vec![
        condition("one time use", "Keycloak", "<saml:OneTimeUse/>"),
        condition("no assertions on the strength of this one", "Shibboleth", "<saml:ProxyRestriction Count=\"0\"/>"),
        condition(
            "assertions for one audience only",
            "Shibboleth",
            "<saml:ProxyRestriction><saml:Audience>https://other.example</saml:Audience></saml:ProxyRestriction>",
        ),
        honest("several audiences", "SAML core 2.5.1.4", |good| {
            let ours = format!("<saml:Audience>{}</saml:Audience>", good.audience);
            good.sign(&changed(
                &good.xml,
                &ours,
                &format!("<saml:Audience>https://other.example</saml:Audience>{ours}"),
            ))
        }),
        honest("several restrictions, each with us", "SAML core 2.5.1.4", |good| {
            let ours = element(&good.xml, "saml:AudienceRestriction");
            good.sign(&changed(&good.xml, ours, &ours.repeat(2)))
        }),
        honest("conditions without a beginning", "SAML core 2.5.1", |good| {
            good.sign(&changed(&good.xml, " NotBefore=\"2031-01-01T11:58:00Z\"", ""))
        }),
    ]
}

fn times() -> Vec<Row> {
    let written = |name: &'static str, reference: &'static str, from: &'static str, until: &'static str| {
        honest(name, reference, move |good| {
            let xml = changed(&good.xml, "2031-01-01T11:58:00Z", from);
            good.sign(&changed(&xml, "2031-01-01T12:05:00Z", until))
        })
    };
    vec![
        written("milliseconds", "AD FS, Okta", "2031-01-01T11:58:00.123Z", "2031-01-01T12:05:00.000Z"),
        written("seven digits of a second", ".NET", "2031-01-01T11:58:00.1234567Z", "2031-01-01T12:05:00.7654321Z"),
        written("offset of zero", "XML Schema 3.2.7", "2031-01-01T11:58:00+00:00", "2031-01-01T12:05:00-00:00"),
        written("offset east", "SAML core 1.3.3", "2031-01-01T16:58:00+05:00", "2031-01-01T17:35:00+05:30"),
        written("offset west", "SAML core 1.3.3", "2031-01-01T03:58:00-08:00", "2031-01-01T04:05:00.5-08:00"),
        honest("session that ends before the credentials would", "SAML core 2.7.2", |good| {
            good.sign(&changed(&good.xml, "2031-01-01T20:00:00Z", "2031-01-01T12:20:00Z"))
        }),
    ]
}
