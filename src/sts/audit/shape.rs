//! What every record has in common (CloudTrail's record contents).

use super::{Event, Who};
use crate::sts::Request;
use crate::trust::{Caller, Paper};
use crate::words::{ProviderArn, RoleArn, hex, iso};
use aws_lc_rs::digest::{Context, SHA256};
use serde_json::{Map, Value, json};
use std::sync::atomic::{AtomicU64, Ordering};

/// Events of AWS's sign-in service, and those of its security token service. The others are ours.
const SIGN_IN: [&str; 7] =
    ["ConsoleLogin", "ConsoleChooseRole", "SwitchRole", "RenewRole", "ExitRole", "ConsoleSignOut", "GetSigninToken"];
const STS: [&str; 9] = [
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "DecodeAuthorizationMessage",
    "GetAccessKeyInfo",
    "GetCallerIdentity",
    "GetFederationToken",
    "GetSessionToken",
    "GetWebIdentityToken",
];

pub(super) fn is_sign_in(event: &str) -> bool {
    SIGN_IN.contains(&event)
}

pub(super) fn is_a_switch(event: &str) -> bool {
    matches!(event, "SwitchRole" | "RenewRole")
}

/// Everything but who, what and what came of it.
pub(super) fn frame(event: &str, request: &Request) -> Value {
    let (source, kind, reads) = match event {
        _ if is_sign_in(event) => ("signin.amazonaws.com", "AwsConsoleSignIn", false),
        // CloudTrail counts all of them as reading: they change nothing that is kept.
        _ if STS.contains(&event) => ("sts.amazonaws.com", "AwsApiCall", true),
        _ => ("sts.gatehouse", "AwsServiceEvent", event == "Decide"),
    };
    let mut frame = json!({
        "eventVersion": "1.11", "eventTime": iso(request.now), "eventSource": source, "eventName": event,
        "awsRegion": request.region, "sourceIPAddress": request.source.to_string(),
        "userAgent": crate::trace::clip(&request.user_agent), "requestID": request.trace.id,
        "readOnly": reads, "eventType": kind, "managementEvent": true, "eventCategory": "Management",
    });
    if request.over_tls {
        let host = request.host.as_deref().map(crate::trace::clip);
        frame["tlsDetails"] = host.map_or_else(|| json!({}), |host| json!({ "clientProvidedHostHeader": host }));
    }
    frame
}

/// A UUID of its own for each record (RFC 9562, version 8): of which request it is, and which of those that were made here.
pub(super) fn event_id(request: &Request) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let mut context = Context::new(&SHA256);
    context.update(&MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    context.update(request.trace.id.as_bytes());
    let mut bytes: [u8; 16] = context.finish().as_ref()[..16].try_into().expect("sixteen bytes");
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The role that it is about, and the provider of whoever came from one.
pub(super) fn resources(event: &Event<'_>) -> Vec<Value> {
    let mut resources = Vec::new();
    if let Ok(role) = event.role.parse::<RoleArn>() {
        let account = role.account().to_string();
        resources.push(json!({ "ARN": role.as_str(), "accountId": account, "type": "AWS::IAM::Role" }));
    }
    let provider: Option<(ProviderArn, &str)> = match &event.who {
        Who::Federated(identity) => match &identity.paper {
            Paper::Assertion { .. } => Some((identity.provider(), "AWS::IAM::SAMLProvider")),
            Paper::Token { .. } => Some((identity.provider(), "AWS::IAM::OIDCProvider")),
        },
        _ => None,
    };
    if let Some((arn, kind)) = provider {
        resources.push(json!({ "ARN": arn.to_string(), "accountId": arn.account().to_string(), "type": kind }));
    }
    resources
}

/// The account that the role is of, or else whoever asks.
pub(super) fn recipient(event: &Event<'_>) -> Option<String> {
    let role = event.role.parse::<RoleArn>().ok().map(|role| role.account());
    let own = || match &event.who {
        Who::Federated(identity) => Some(identity.provider().account()),
        Who::Caller(caller, _) | Who::AskedAbout { principal: caller, .. } => Some(caller.account()),
        Who::User(user) => Some(user.arn.account()),
        Who::Provider(provider) => Some(provider.account()),
        Who::Session(_) | Who::Former { .. } => None,
    };
    role.or_else(own).map(|account| account.to_string())
}

/// Of a sign-in: by what.
pub(super) fn sign_in_data(event: &Event<'_>) -> Option<Value> {
    if !is_sign_in(event.name) {
        return None;
    }
    let mut data = Map::from_iter([("MobileVersion".to_owned(), json!("No"))]);
    match &event.who {
        Who::Federated(identity) => {
            let arn = json!(identity.provider().to_string());
            let saml = matches!(identity.paper, Paper::Assertion { .. });
            data.insert(if saml { "SamlProviderArn" } else { "OidcProviderArn" }.to_owned(), arn);
            data.insert("MFAUsed".to_owned(), json!("No"));
        }
        // Nobody signs in with a password alone.
        Who::Caller(caller, _) if matches!(caller.who(), Caller::SignedIn { .. }) => {
            data.insert("MFAUsed".to_owned(), json!("Yes"));
        }
        _ => {}
    }
    Some(Value::Object(data))
}
