//! STS answers as XML (AWS Query protocol, namespace of 2011-06-15).

use crate::sts::{Answer, AssumedRole, Credentials};
use crate::words::iso;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::fmt::Write;

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(super) fn answer(answer: &Answer, request_id: &str) -> Response {
    let (action, result) = match answer {
        Answer::AssumeRole(given, role) => ("AssumeRole", credentials(given) + &assumed(role)),
        Answer::WithSaml(given, role, facts) => {
            let mut xml = credentials(given) + &assumed(role);
            element(&mut xml, "Subject", &facts.subject);
            element(&mut xml, "SubjectType", &facts.subject_type);
            element(&mut xml, "Issuer", &facts.issuer);
            element(&mut xml, "Audience", &facts.audience);
            element(&mut xml, "NameQualifier", &facts.name_qualifier);
            ("AssumeRoleWithSAML", xml)
        }
        Answer::WithWebIdentity(given, role, facts) => {
            let mut xml = credentials(given) + &assumed(role);
            element(&mut xml, "SubjectFromWebIdentityToken", &facts.subject);
            element(&mut xml, "Provider", &facts.provider);
            element(&mut xml, "Audience", &facts.audience);
            ("AssumeRoleWithWebIdentity", xml)
        }
        Answer::SessionToken(given) => ("GetSessionToken", credentials(given)),
        Answer::AccessKeyInfo { account } => {
            let mut xml = String::new();
            element(&mut xml, "Account", account.as_str());
            ("GetAccessKeyInfo", xml)
        }
        Answer::CallerIdentity(caller) => {
            let mut xml = String::new();
            element(&mut xml, "Arn", &caller.arn);
            element(&mut xml, "UserId", &caller.user_id);
            element(&mut xml, "Account", &caller.account);
            ("GetCallerIdentity", xml)
        }
    };
    let id = escape(request_id);
    let xml = format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result>\
         <ResponseMetadata><RequestId>{id}</RequestId></ResponseMetadata></{action}Response>"
    );
    (StatusCode::OK, [(header::CONTENT_TYPE, "text/xml")], xml).into_response()
}

/// An error in STS's form; `Sender` below 500, `Receiver` from there.
pub(super) fn error(status: StatusCode, code: &str, message: &str, request_id: &str) -> Response {
    let side = if status.is_server_error() { "Receiver" } else { "Sender" };
    let (message, id) = (escape(message), escape(request_id));
    let xml = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{side}</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>{id}</RequestId></ErrorResponse>"
    );
    (status, [(header::CONTENT_TYPE, "text/xml")], xml).into_response()
}

fn credentials(given: &Credentials) -> String {
    let mut xml = String::from("<Credentials>");
    element(&mut xml, "AccessKeyId", &given.access_key_id);
    element(&mut xml, "SecretAccessKey", given.secret_access_key.expose_str().unwrap_or_default());
    element(&mut xml, "SessionToken", given.session_token.expose_str().unwrap_or_default());
    element(&mut xml, "Expiration", &iso(given.expires));
    xml.push_str("</Credentials>");
    xml
}

fn assumed(role: &AssumedRole) -> String {
    let mut xml = String::from("<AssumedRoleUser>");
    element(&mut xml, "AssumedRoleId", &role.id);
    element(&mut xml, "Arn", &role.arn);
    xml.push_str("</AssumedRoleUser>");
    element(&mut xml, "PackedPolicySize", &role.packed_policy_size.map(|size| size.to_string()).unwrap_or_default());
    element(&mut xml, "SourceIdentity", role.source_identity.as_deref().unwrap_or_default());
    xml
}

/// Elements with nothing to say are left out, as STS does.
fn element(xml: &mut String, name: &str, text: &str) {
    if !text.is_empty() {
        let _ = write!(xml, "<{name}>{}</{name}>", escape(text));
    }
}

/// XML text; characters that XML 1.0 cannot carry become U+FFFD.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            c if c.is_control() || c == '\u{fffe}' || c == '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
