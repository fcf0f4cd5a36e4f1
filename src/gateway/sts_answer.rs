//! What the STS answers as named members, before it is written as XML or JSON.

use crate::sts::{Answer, AssumedRole, Credentials, LONGEST_TOKEN};
use Member::{Group, Number, Text, Time};
use time::OffsetDateTime;

pub(super) type Members<'a> = Vec<(&'static str, Member<'a>)>;

pub(super) enum Member<'a> {
    Text(&'a str),
    Number(u32),
    Time(OffsetDateTime),
    Group(Members<'a>),
}

/// No answer has more members, those of groups aside.
const MOST: usize = 11;

/// The action's name, and the members of its result. What has nothing to say is left out, as STS does.
pub(super) fn of(answer: &Answer) -> (&'static str, Members<'_>) {
    let (action, mut members) = match answer {
        Answer::AssumeRole(given, role) => ("AssumeRole", session(given, role)),
        Answer::WithSaml(given, role, facts) => {
            let mut members = session(given, role);
            members.extend([
                ("Subject", Text(&facts.subject)),
                ("SubjectType", Text(&facts.subject_type)),
                ("Issuer", Text(&facts.issuer)),
                ("Audience", Text(&facts.audience)),
                ("NameQualifier", Text(&facts.name_qualifier)),
            ]);
            ("AssumeRoleWithSAML", members)
        }
        Answer::WithWebIdentity(given, role, facts) => {
            let mut members = session(given, role);
            members.extend([
                ("SubjectFromWebIdentityToken", Text(&facts.subject)),
                ("Provider", Text(&facts.provider)),
                ("Audience", Text(&facts.audience)),
            ]);
            ("AssumeRoleWithWebIdentity", members)
        }
        Answer::SessionToken(given) => {
            ("GetSessionToken", [credentials(given)].into_iter().chain(sizes(given)).collect())
        }
        Answer::FederationToken(given, federated) => {
            let user = vec![("FederatedUserId", Text(&federated.id)), ("Arn", Text(&federated.arn))];
            let mut members = vec![credentials(given), ("FederatedUser", Group(user))];
            members.extend(federated.packed_policy_size.map(|size| ("PackedPolicySize", Number(size))));
            members.extend(sizes(given));
            ("GetFederationToken", members)
        }
        Answer::AccessKeyInfo { account } => ("GetAccessKeyInfo", vec![("Account", Text(account.as_str()))]),
        Answer::DecodedMessage(json) => ("DecodeAuthorizationMessage", vec![("DecodedMessage", Text(json))]),
        Answer::WebIdentityToken(token, expires) => {
            let token = Text(token.expose_str().unwrap_or_default());
            ("GetWebIdentityToken", vec![("WebIdentityToken", token), ("Expiration", Time(*expires))])
        }
        Answer::CallerIdentity(caller) => {
            let (arn, user_id, account) = (Text(&caller.arn), Text(&caller.user_id), Text(caller.account.as_str()));
            ("GetCallerIdentity", vec![("Arn", arn), ("UserId", user_id), ("Account", account)])
        }
    };
    members.retain(|(_, member)| !matches!(member, Text(text) if text.is_empty()));
    (action, members)
}

fn credentials(given: &Credentials) -> (&'static str, Member<'_>) {
    let members = vec![
        ("AccessKeyId", Text(&given.access_key_id)),
        ("SecretAccessKey", Text(given.secret_access_key.expose_str().unwrap_or_default())),
        ("SessionToken", Text(given.session_token.expose_str().unwrap_or_default())),
        ("Expiration", Time(given.expires)),
    ];
    ("Credentials", Group(members))
}

fn session<'a>(given: &'a Credentials, role: &'a AssumedRole) -> Members<'a> {
    let user = vec![("AssumedRoleId", Text(&role.id)), ("Arn", Text(&role.arn))];
    let mut members = Vec::with_capacity(MOST);
    members.extend([credentials(given), ("AssumedRoleUser", Group(user))]);
    members.extend(role.packed_policy_size.map(|size| ("PackedPolicySize", Number(size))));
    members.extend(sizes(given));
    members.extend(role.source_identity.as_deref().map(|identity| ("SourceIdentity", Text(identity))));
    members
}

fn sizes(given: &Credentials) -> [(&'static str, Member<'static>); 2] {
    let size = given.session_token.expose_str().map_or(0, str::len);
    let number = |size: usize| Number(u32::try_from(size).unwrap_or(u32::MAX));
    [("SessionTokenUtilization", number((size * 100).div_ceil(LONGEST_TOKEN))), ("SessionTokenSize", number(size))]
}
