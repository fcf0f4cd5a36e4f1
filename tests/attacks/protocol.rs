//! Genuine documents that are not for us, not for this request, not for now.

use super::row::{Good, Row, before, hostile};
use crate::saml_identity::{RSA, changed, element, sign};

const SUCCESS: &str = "<samlp:StatusCode Value=\"urn:oasis:names:tc:SAML:2.0:status:Success\"/>";
const FAILURE: &str = "urn:oasis:names:tc:SAML:2.0:status:Responder";
const UNTIL: &str = "NotOnOrAfter=\"2031-01-01T12:05:00Z\"";
const CONFIRMED_UNTIL: &str = "NotOnOrAfter=\"2031-01-01T12:04:00Z\"";
const FROM: &str = "NotBefore=\"2031-01-01T11:58:00Z\"";
const SESSION_UNTIL: &str = "SessionNotOnOrAfter=\"2031-01-01T20:00:00Z\"";

pub(super) fn rows() -> Vec<Row> {
    [status(), audience(), addresses(), times(), syntax(), request(), confirmation()].into_iter().flatten().collect()
}

fn status() -> Vec<Row> {
    let core = "SAML core 3.2.2";
    vec![
        before("C1", "Responder", core, "saml.status", "status:Success", "status:Responder"),
        before(
            "C1",
            "Success inside Responder",
            core,
            "saml.status",
            SUCCESS,
            format!("<samlp:StatusCode Value=\"{FAILURE}\">{SUCCESS}</samlp:StatusCode>"),
        ),
        before("C1", "no StatusCode", core, "saml.status", SUCCESS, ""),
        before("C1", "two StatusCodes", core, "saml.status", SUCCESS, SUCCESS.repeat(2)),
        before(
            "C1",
            "two Statuses",
            core,
            "saml.status",
            "</samlp:Status>",
            format!("</samlp:Status><samlp:Status>{SUCCESS}</samlp:Status>"),
        ),
        before("C1", "Success in other letters", core, "saml.status", "status:Success", "status:success"),
        hostile("C1", "no Status", core, "saml.status", |good| {
            good.sign(&changed(&good.xml, element(&good.xml, "samlp:Status"), ""))
        }),
        hostile("C1", "failure without an assertion", core, "saml.status", |good| {
            changed(&good.xml, element(&good.xml, "saml:Assertion"), "").replace("status:Success", "status:Responder")
        }),
    ]
}

fn one(audience: &str) -> String {
    format!("<saml:Audience>{audience}</saml:Audience>")
}

fn audience() -> Vec<Row> {
    let core = "SAML core 2.5.1.4";
    let named = |name: &'static str, by: fn(&str) -> String| {
        hostile("C2", name, core, "saml.audience", move |good| {
            let audience = format!("<saml:Audience>{}</saml:Audience>", good.audience);
            good.sign(&changed(&good.xml, &audience, &by(&good.audience)))
        })
    };
    vec![
        hostile("C2", "no AudienceRestriction", core, "saml.audience-missing", |good| {
            good.sign(&changed(&good.xml, element(&good.xml, "saml:AudienceRestriction"), ""))
        }),
        hostile("C2", "no Conditions", core, "saml.conditions-missing", |good| {
            good.sign(&changed(&good.xml, element(&good.xml, "saml:Conditions"), ""))
        }),
        named("no Audience", |_| String::new()),
        named("another", |_| "<saml:Audience>https://other.example</saml:Audience>".into()),
        named("longer", |audience| one(&format!("{audience}/"))),
        named("shorter", |audience| one(&audience[..audience.len() - 1])),
        named("other letters", |audience| one(&audience.replace("http", "HTTP"))),
        named("blanks around it", |audience| one(&format!(" {audience} "))),
        named("all in one text", |audience| one(&format!("{audience} https://other.example"))),
        hostile("C2", "a second restriction to somebody else", core, "saml.audience", |good| {
            let restriction = element(&good.xml, "saml:AudienceRestriction");
            let other = restriction.replace(&good.audience, "https://other.example");
            good.sign(&changed(&good.xml, restriction, &format!("{restriction}{other}")))
        }),
        before(
            "C2",
            "a condition that nobody understands",
            "SAML core 2.5.1",
            "saml.unexpected-element",
            "</saml:Conditions>",
            "<saml:Condition/></saml:Conditions>",
        ),
    ]
}

fn addresses() -> Vec<Row> {
    let recipient = |name: &'static str, by: fn(&str) -> String| {
        hostile("C3", name, "SAML profiles 4.1.4.2", "saml.recipient", move |good| {
            good.sign(&changed(&good.xml, &format!("Recipient=\"{}\"", good.acs), &by(&good.acs)))
        })
    };
    let destination = |name: &'static str, code: &'static str, by: fn(&str) -> String| {
        hostile("C3", name, "SAML bindings 3.5.5.2", code, move |good| {
            let xml = changed(&good.xml, &format!("Destination=\"{}\"", good.acs), &by(&good.acs));
            sign(&xml, "_response", &RSA)
        })
    };
    vec![
        recipient("no Recipient", |_| String::new()),
        recipient("another Recipient", |_| "Recipient=\"https://other.example/saml/acs\"".into()),
        recipient("longer Recipient", |acs| format!("Recipient=\"{acs}2\"")),
        recipient("shorter Recipient", |acs| format!("Recipient=\"{}\"", &acs[..acs.len() - 1])),
        recipient("Recipient in other letters", |acs| format!("Recipient=\"{}\"", acs.replace("http", "HTTP"))),
        destination("no Destination, signed", "saml.destination-missing", |_| String::new()),
        destination("another Destination", "saml.destination", |_| {
            "Destination=\"https://other.example/saml/acs\"".into()
        }),
        destination("longer Destination", "saml.destination", |acs| format!("Destination=\"{acs}/\"")),
        destination("empty Destination", "saml.destination", |_| "Destination=\"\"".into()),
        hostile(
            "C3",
            "another Destination, the assertion alone signed",
            "SAML bindings 3.5.5.2",
            "saml.destination",
            |good| {
                changed(
                    &good.signed(),
                    &format!("Destination=\"{}\"", good.acs),
                    "Destination=\"https://other.example/\"",
                )
            },
        ),
    ]
}

fn times() -> Vec<Row> {
    let core = "SAML core 2.5.1.2";
    let profiles = "SAML profiles 4.1.4.2";
    vec![
        before("C4", "conditions ended", core, "saml.expired", UNTIL, "NotOnOrAfter=\"2031-01-01T11:59:00Z\""),
        before("C4", "conditions never end", core, "saml.conditions-missing", UNTIL, ""),
        before("C4", "conditions begin later", core, "saml.not-yet-valid", FROM, "NotBefore=\"2031-01-01T12:01:01Z\""),
        before(
            "C4",
            "conditions end before they begin",
            core,
            "saml.inverted-times",
            FROM,
            "NotBefore=\"2031-01-01T12:06:00Z\"",
        ),
        before(
            "C4",
            "confirmation ended",
            profiles,
            "saml.confirmation-expired",
            CONFIRMED_UNTIL,
            "NotOnOrAfter=\"2031-01-01T11:59:00Z\"",
        ),
        before("C4", "confirmation never ends", profiles, "saml.confirmation-no-limit", CONFIRMED_UNTIL, ""),
        before(
            "C4",
            "confirmation with NotBefore",
            profiles,
            "saml.confirmation-not-before",
            CONFIRMED_UNTIL,
            format!("NotBefore=\"2031-01-01T11:00:00Z\" {CONFIRMED_UNTIL}"),
        ),
        before(
            "C4",
            "session ended",
            "SAML core 2.7.2",
            "saml.session-ended",
            SESSION_UNTIL,
            "SessionNotOnOrAfter=\"2031-01-01T11:59:00Z\"",
        ),
        hostile("C4", "issued in the future", "SAML core 2.3.3", "saml.issued-in-future", |good| {
            issued(good, "IssueInstant=\"2031-01-01T12:01:01Z\"")
        }),
        hostile("C4", "issued more than five minutes ago", "STS AssumeRoleWithSAML", "accepted", |good| {
            issued(good, "IssueInstant=\"2031-01-01T11:53:59Z\"")
        })
        .api("saml.issued-too-long-ago"),
        hostile("C4", "issued at no time", "SAML core 2.3.3", "saml.missing-attribute", |good| issued(good, "")),
        hostile(
            "C6",
            "no AuthnStatement, so no session to cap",
            "SAML profiles 4.1.4.2",
            "saml.authn-statement",
            |good| good.sign(&changed(&good.xml, element(&good.xml, "saml:AuthnStatement"), "")),
        ),
    ]
}

fn issued(good: &Good, instant: &str) -> String {
    let from = format!("ID=\"{}\" Version=\"2.0\" IssueInstant=\"2031-01-01T11:59:00Z\"", good.id);
    good.sign(&changed(&good.xml, &from, &format!("ID=\"{}\" Version=\"2.0\" {instant}", good.id)))
}

fn syntax() -> Vec<Row> {
    let written = |name: &'static str, time: &str| {
        before("C5", name, "SAML core 1.3.3", "saml.time-syntax", FROM, format!("NotBefore=\"{time}\""))
    };
    vec![
        written("tomorrow", "tomorrow"),
        written("no zone", "2031-01-01T11:58:00"),
        written("empty", ""),
        written("year 60000", "60000-01-01T00:00:00Z"),
        written("a blank in it", "2031-01-01 11:58:00Z"),
        written("thirteenth month", "2031-13-01T11:58:00Z"),
        written("blanks around it", " 2031-01-01T11:58:00Z "),
        before(
            "C5",
            "an offset that ends it earlier",
            "SAML core 1.3.3",
            "saml.expired",
            UNTIL,
            "NotOnOrAfter=\"2031-01-01T12:05:00+00:06\"",
        ),
    ]
}

fn request() -> Vec<Row> {
    let profiles = "SAML profiles 4.1.5";
    let answers = |name: &'static str, code: &'static str, by: fn(&Good) -> String| {
        hostile("C8", name, profiles, code, move |good| {
            good.sign(&changed(&good.xml, &format!("InResponseTo=\"{}\"", good.request), &by(good)))
        })
        .api("accepted")
    };
    vec![
        answers("somebody else's request", "saml.in-response-to", |_| "InResponseTo=\"_somebody\"".into()),
        answers("no request, where one was made", "saml.in-response-to", |_| String::new()),
        answers("the request in other letters", "saml.in-response-to", |good| {
            format!("InResponseTo=\"{}\"", good.request.to_uppercase())
        }),
        hostile("C8", "the confirmation answers it, the response another", profiles, "saml.in-response-to", |good| {
            let envelope = format!("InResponseTo=\"{}\" Destination", good.request);
            good.sign(&changed(&good.xml, &envelope, "InResponseTo=\"_somebody\" Destination"))
        })
        .api("accepted"),
        hostile("C8", "a request that this browser never made", "OWASP login CSRF", "saml.in-response-to", |good| {
            good.sign(&changed(&good.xml, " Recipient=", " InResponseTo=\"_victim\" Recipient="))
        })
        .unasked()
        .api("accepted"),
    ]
}

fn confirmation() -> Vec<Row> {
    let profiles = "SAML profiles 4.1.4.2";
    let confirmed = |good: &Good| element(&good.xml, "saml:SubjectConfirmation").to_owned();
    vec![
        before("C10", "holder of key", profiles, "saml.confirmation-method", "cm:bearer", "cm:holder-of-key"),
        before("C10", "sender vouches", profiles, "saml.confirmation-method", "cm:bearer", "cm:sender-vouches"),
        hostile("C10", "none", profiles, "saml.confirmation-method", move |good| {
            good.sign(&changed(&good.xml, &confirmed(good), ""))
        }),
        hostile(
            "C10",
            "one for us that ended, one for somebody else",
            profiles,
            "saml.confirmation-expired",
            move |good| {
                let late = confirmed(good).replace("12:04", "11:04");
                let other = confirmed(good).replace(&good.acs, "https://other.example/saml/acs");
                good.sign(&changed(&good.xml, &confirmed(good), &format!("{late}{other}")))
            },
        ),
        hostile("C10", "two sets of data in one", profiles, "saml.statement-count", move |good| {
            let open = "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\">";
            good.sign(&changed(&good.xml, open, &format!("{open}<saml:SubjectConfirmationData/>")))
        }),
        hostile("C10", "no data", profiles, "saml.recipient", move |good| {
            let empty = "<saml:SubjectConfirmation Method=\"urn:oasis:names:tc:SAML:2.0:cm:bearer\"/>";
            good.sign(&changed(&good.xml, &confirmed(good), empty))
        }),
        before(
            "C10",
            "somebody else may confirm",
            "SAML core 2.4.1.1",
            "saml.unexpected-element",
            "<saml:SubjectConfirmationData",
            "<saml:NameID>mallory</saml:NameID><saml:SubjectConfirmationData",
        ),
    ]
}
