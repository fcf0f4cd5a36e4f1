//! What every record has in common (CloudTrail's record contents).

use super::object::{Object, add};
use super::{Event, Who};
use crate::sts::Request;
use crate::trace::clip_lent;
use crate::trust::{Caller, Paper};
use crate::words::{AccountId, sha256, uuid};
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

/// Everything but who, what and what came of it.
pub(super) fn frame(event: &str, request: &Request, record: &mut Object<'_>) {
    let (source, kind, reads) = match event {
        _ if is_sign_in(event) => ("signin.amazonaws.com", "AwsConsoleSignIn", false),
        // CloudTrail counts all of them as reading: they change nothing that is kept.
        _ if STS.contains(&event) => ("sts.amazonaws.com", "AwsApiCall", true),
        _ => ("sts.gatehouse", "AwsServiceEvent", event == "Decide"),
    };
    add! { record;
        "eventVersion": "1.11", "eventTime": request.now, "eventSource": source, "eventName": event,
        "awsRegion": &request.region, "sourceIPAddress": request.source,
        "userAgent": &clip_lent(&request.user_agent), "requestID": &request.trace.id,
        "readOnly": reads, "eventType": kind, "managementEvent": true, "eventCategory": "Management",
    }
    if request.over_tls {
        let host = request.host.as_deref().map(clip_lent);
        record.object("tlsDetails", |details| details.add_if_any("clientProvidedHostHeader", host.as_ref()));
    }
}

/// A UUID of its own for each record (RFC 9562, version 8): of which request it is, and which of those that were made here.
pub(super) fn event_id(request: &Request) -> String {
    static MADE: AtomicU64 = AtomicU64::new(0);
    let number = MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let hash = sha256(&[&number, request.trace.id.as_bytes()].concat());
    let mut bytes: [u8; 16] = hash[..16].try_into().expect("sixteen bytes");
    bytes[6] = (bytes[6] & 0x0f) | 0x80;
    uuid(bytes)
}

/// The role that it is about, which is of this account, and the provider of whoever came from one.
pub(super) fn resources(event: &Event<'_>, role: Option<AccountId>, record: &mut Object<'_>) {
    let role = role.map(|account| (event.role, account, "AWS::IAM::Role"));
    let provider = match &event.who {
        Who::Federated(identity) => {
            let kind = match &identity.paper {
                Paper::Assertion { .. } => "AWS::IAM::SAMLProvider",
                Paper::Token { .. } => "AWS::IAM::OIDCProvider",
            };
            Some((identity.provider_arn(), identity.provider().account(), kind))
        }
        _ => None,
    };
    record.list("resources", [role, provider].into_iter().flatten(), |resource, (arn, account, kind)| {
        add! { resource; "ARN": arn, "accountId": &account, "type": kind }
    });
}

/// The account that the role is of, or else whoever asks.
pub(super) fn recipient(who: &Who<'_>, role: Option<AccountId>) -> Option<AccountId> {
    let own = || match who {
        Who::Federated(identity) => Some(identity.provider().account()),
        Who::Caller(caller, _) | Who::AskedAbout { principal: caller, .. } => Some(caller.account()),
        Who::User(user) => Some(user.arn.account()),
        Who::Provider(provider) => Some(provider.account()),
        Who::Session(_) | Who::Former { .. } => None,
    };
    role.or_else(own)
}

/// Of a sign-in: by what.
pub(super) fn sign_in_data(event: &Event<'_>, data: &mut Object<'_>) {
    if !is_sign_in(event.name) {
        return;
    }
    data.add("MobileVersion", "No");
    match &event.who {
        Who::Federated(identity) => {
            let saml = matches!(identity.paper, Paper::Assertion { .. });
            data.add(if saml { "SamlProviderArn" } else { "OidcProviderArn" }, identity.provider_arn());
            data.add("MFAUsed", "No");
        }
        // Nobody signs in with a password alone.
        Who::Caller(caller, _) if matches!(caller.who(), Caller::SignedIn { .. }) => data.add("MFAUsed", "Yes"),
        _ => {}
    }
}
