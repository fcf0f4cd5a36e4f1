//! What is said of an ID token or access token that is not good enough.

use super::{BAD, FORBIDDEN, SOURCE_IDENTITY, Said, invalid};
use crate::oidc::OidcError;
use crate::oidc::social::SocialError;

pub(super) fn oidc(error: &OidcError) -> Said {
    use OidcError as E;
    const KEYS: &str = "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";
    match error {
        E::TooLong { .. }
        | E::Encrypted
        | E::NotAJwt { .. }
        | E::Json { .. }
        | E::DuplicateMember { .. }
        | E::TooDeep { .. } => {
            invalid("The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        }
        E::AlgorithmRefused { .. }
        | E::CriticalHeader
        | E::HeaderMember { .. }
        | E::TokenType { .. }
        | E::KeyIdShape
        | E::Events
        | E::KeyAlgorithm { .. }
        | E::Signature => invalid("Token signature invalid"),
        E::MissingClaim { claim } => invalid(&format!("Missing a required claim: {claim}")),
        E::ClaimType { claim, .. } | E::TimeRange { claim } => invalid(&format!("Invalid claim: {claim}")),
        E::Subject { .. } => invalid("Invalid claim: sub"),
        E::NoUsableKey
        | E::PrivateKey { .. }
        | E::KeyIdMissing { .. }
        | E::UnusableKey { .. }
        | E::UnknownKey { .. } => invalid(KEYS),
        E::Issuer { .. } => invalid("Incorrect token issuer"),
        E::AuthorizedParty { .. } | E::Audience { .. } | E::AuthorizedPartyMissing { .. } | E::LoginClient { .. } => {
            invalid("Incorrect token audience")
        }
        E::IssuedInFuture { .. } | E::NotYetValid { .. } => invalid("Token is not yet valid"),
        E::Expired { expires_at, now } => expired(now.unix_timestamp(), expires_at.unix_timestamp()),
        E::AwsClaim { .. } | E::TagValues { .. } | E::Tags(_) => invalid(&error.to_string()),
        E::SourceIdentity => invalid(SOURCE_IDENTITY),
        E::Nonce | E::AccessTokenHash | E::CodeHash | E::AuthnTooOld { .. } => {
            invalid("Token does not belong to this sign-in")
        }
        E::Fetch { .. } | E::Busy | E::Groups(_) if error.is_unreachable() => unreachable(),
        E::Groups(_) => invalid("The groups that the token leaves out could not be had"),
        E::Fetch { .. }
        | E::Busy
        | E::IssuerUrl { .. }
        | E::DiscoveryIssuer { .. }
        | E::DiscoveryMember { .. }
        | E::KeySetShape
        | E::Status { .. }
        | E::LoginUnconfigured
        | E::LoginParameter { .. }
        | E::Pace
        | E::ResponseIssuer { .. }
        | E::ResponseIssuerMissing
        | E::ClientAuthentication
        | E::CodeRefused { .. }
        | E::TokenResponse { .. }
        | E::UserInfoSubject => invalid(KEYS),
    }
}

pub(super) fn social(error: &SocialError) -> Said {
    use SocialError as E;
    match error {
        E::Form { .. } => invalid("The token provided is not a valid access token of this ProviderId"),
        E::Pace { .. } => (BAD, "Throttling", "Rate exceeded".into()),
        E::Fetch { .. } | E::Undecided { .. } if error.is_unreachable() => unreachable(),
        E::Fetch { .. } | E::Undecided { .. } | E::Answer { .. } => {
            invalid("The identity provider's answer about the access token cannot be used")
        }
        E::App { .. } => invalid("Incorrect token audience"),
        E::Expired { end, now } => expired(*now, *end),
        E::Rejected { .. } => (FORBIDDEN, "IDPRejectedClaim", "The identity provider rejected the access token".into()),
        E::Type { .. } | E::Person { .. } => invalid("The access token is not a person's"),
    }
}

fn expired(now: i64, end: i64) -> Said {
    let sentence = format!("Token expired: current date/time {now} must be before the expiration date/time {end}");
    (BAD, "ExpiredTokenException", sentence)
}

fn unreachable() -> Said {
    (BAD, "IDPCommunicationError", "The identity provider could not be reached. Try again.".into())
}
