//! What the STS answers as named members, before it is written as XML or JSON.

use crate::sts::{Answer, AssumedRole, Credentials, LONGEST_TOKEN};
use time::OffsetDateTime;

pub(super) type Members = Vec<(&'static str, Member)>;

pub(super) enum Member {
    Text(String),
    Number(u32),
    Time(OffsetDateTime),
    Group(Members),
}

/// The action's name, and the members of its result. What has nothing to say is left out, as STS does.
pub(super) fn of(answer: &Answer) -> (&'static str, Members) {
    let (action, mut members) = match answer {
        Answer::AssumeRole(given, role) => ("AssumeRole", session(given, role)),
        Answer::WithSaml(given, role, facts) => {
            let mut members = session(given, role);
            members.extend([
                ("Subject", text(&facts.subject)),
                ("SubjectType", text(&facts.subject_type)),
                ("Issuer", text(&facts.issuer)),
                ("Audience", text(&facts.audience)),
                ("NameQualifier", text(&facts.name_qualifier)),
            ]);
            ("AssumeRoleWithSAML", members)
        }
        Answer::WithWebIdentity(given, role, facts) => {
            let mut members = session(given, role);
            members.extend([
                ("SubjectFromWebIdentityToken", text(&facts.subject)),
                ("Provider", text(&facts.provider)),
                ("Audience", text(&facts.audience)),
            ]);
            ("AssumeRoleWithWebIdentity", members)
        }
        Answer::SessionToken(given) => {
            ("GetSessionToken", [credentials(given)].into_iter().chain(sizes(given)).collect())
        }
        Answer::FederationToken(given, federated) => {
            let user = vec![("FederatedUserId", text(&federated.id)), ("Arn", text(&federated.arn))];
            let mut members = vec![credentials(given), ("FederatedUser", Member::Group(user))];
            members.extend(federated.packed_policy_size.map(|size| ("PackedPolicySize", Member::Number(size))));
            members.extend(sizes(given));
            ("GetFederationToken", members)
        }
        Answer::AccessKeyInfo { account } => ("GetAccessKeyInfo", vec![("Account", text(account.as_str()))]),
        Answer::DecodedMessage(json) => ("DecodeAuthorizationMessage", vec![("DecodedMessage", text(json))]),
        Answer::WebIdentityToken(token, expires) => {
            let token = text(token.expose_str().unwrap_or_default());
            ("GetWebIdentityToken", vec![("WebIdentityToken", token), ("Expiration", Member::Time(*expires))])
        }
        Answer::CallerIdentity(caller) => {
            let members = [("Arn", &caller.arn), ("UserId", &caller.user_id), ("Account", &caller.account)]
                .map(|(n, t)| (n, text(t)));
            ("GetCallerIdentity", members.into())
        }
    };
    members.retain(|(_, member)| !matches!(member, Member::Text(text) if text.is_empty()));
    (action, members)
}

fn text(text: &str) -> Member {
    Member::Text(text.to_owned())
}

fn credentials(given: &Credentials) -> (&'static str, Member) {
    let members = vec![
        ("AccessKeyId", text(&given.access_key_id)),
        ("SecretAccessKey", text(given.secret_access_key.expose_str().unwrap_or_default())),
        ("SessionToken", text(given.session_token.expose_str().unwrap_or_default())),
        ("Expiration", Member::Time(given.expires)),
    ];
    ("Credentials", Member::Group(members))
}

fn session(given: &Credentials, role: &AssumedRole) -> Members {
    let user = vec![("AssumedRoleId", text(&role.id)), ("Arn", text(&role.arn))];
    let mut members = vec![credentials(given), ("AssumedRoleUser", Member::Group(user))];
    members.extend(role.packed_policy_size.map(|size| ("PackedPolicySize", Member::Number(size))));
    members.extend(sizes(given));
    members.extend(role.source_identity.as_deref().map(|identity| ("SourceIdentity", text(identity))));
    members
}

fn sizes(given: &Credentials) -> Members {
    let size = given.session_token.expose_str().map_or(0, str::len);
    let number = |size: usize| Member::Number(u32::try_from(size).unwrap_or(u32::MAX));
    vec![("SessionTokenUtilization", number((size * 100).div_ceil(LONGEST_TOKEN))), ("SessionTokenSize", number(size))]
}
