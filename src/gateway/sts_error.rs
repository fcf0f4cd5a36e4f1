//! Every refusal of the STS, as AWS says it: code, status, sentence (AWS STS API Reference, "Common errors" and the
//! errors of each action).
//!
//! To a caller all failures of a signature look alike, and a role that is not there looks like one that is not theirs;
//! the trace under the request id says which it was.

use super::sts_wire::Wire;
use crate::oidc::OidcError;
use crate::oidc::social::SocialError;
use crate::saml::SamlError;
use crate::saml::aws::AttributeError;
use crate::sigv4::SigError;
use crate::sts::{MfaError, StsError};
use crate::trust::{NotSessionPolicies, OwnPolicies, TrustError};
use axum::http::StatusCode;
use axum::response::Response;

type Said = (StatusCode, &'static str, String);

const BAD: StatusCode = StatusCode::BAD_REQUEST;
const FORBIDDEN: StatusCode = StatusCode::FORBIDDEN;

pub(super) fn answer(error: &StsError, action: &str, wire: Wire, request_id: &str) -> Response {
    let (status, code, message) = said(error, action);
    wire.error(status, code, &message, request_id)
}

fn said(error: &StsError, action: &str) -> Said {
    match error {
        StsError::RepeatedParameter(name) => {
            (BAD, "InvalidQueryParameter", format!("The parameter {name} must occur once."))
        }
        StsError::MissingAction => (BAD, "MissingAction", "The request must name an Action.".into()),
        StsError::UnknownAction(name) => {
            (BAD, "InvalidAction", format!("Could not find operation {name} for version 2011-06-15"))
        }
        StsError::Violations(violations) => {
            let (count, all) =
                (violations.len(), violations.iter().map(|v| v.0.as_str()).collect::<Vec<_>>().join("; "));
            let noun = if count == 1 { "validation error" } else { "validation errors" };
            (BAD, "ValidationError", format!("{count} {noun} detected: {all}"))
        }
        StsError::ParameterNotActedOn(name) => {
            (BAD, "ValidationError", format!("The parameter {name} is not supported here. Leave it out."))
        }
        StsError::Signature(error) => signature(error),
        StsError::UnknownAccessKey { .. }
        | StsError::InactiveAccessKey { .. }
        | StsError::UserGone { .. }
        | StsError::TokenDoesNotFit { .. } => {
            (FORBIDDEN, "InvalidClientTokenId", "The security token included in the request is invalid.".into())
        }
        StsError::Former { error, .. } => said(error, action),
        StsError::SessionEnded { .. } | StsError::SessionRevoked => {
            (FORBIDDEN, "ExpiredToken", "The security token included in the request is expired".into())
        }
        StsError::SessionCredentials => {
            (FORBIDDEN, "AccessDenied", format!("Cannot call {action} with session credentials"))
        }
        StsError::Mfa(error) => (FORBIDDEN, "AccessDenied", format!("MultiFactorAuthentication failed{}", mfa(error))),
        StsError::Saml(error) => saml(error),
        StsError::Attribute(error) => attribute(error),
        StsError::Metadata(_) => (
            BAD,
            "IDPCommunicationError",
            "The identity provider's metadata could not be had, or is too old. Try again later.".into(),
        ),
        StsError::UnknownIdentityProvider { .. } | StsError::NotThatProvider { .. } => {
            invalid("Issuer not present in specified provider")
        }
        StsError::NoSuchProvider { .. } => invalid("Specified provider doesn't exist"),
        StsError::Oidc(error) => oidc(error),
        StsError::UnknownIssuer { issuer, .. } => {
            invalid(&format!("No OpenIDConnect provider found in your account for {issuer}"))
        }
        StsError::UnknownProviderId { .. } => denied(action),
        StsError::Social(error) => social(error),
        StsError::Trust(error) => trust(error, action),
        StsError::CallerDenied { caller, role, error } => caller_denied(caller, role, error),
        StsError::DurationAboveMaximum { .. } => (
            BAD,
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.".into(),
        ),
        StsError::ChainedDuration { .. } => (
            BAD,
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining".into(),
        ),
        StsError::SessionPolicies(NotSessionPolicies::Malformed(_)) => {
            (BAD, "MalformedPolicyDocument", crate::trace::clip(&error.to_string()))
        }
        StsError::SessionPolicies(NotSessionPolicies::NoSuchPolicy { .. }) => {
            (BAD, "ValidationError", error.to_string())
        }
        StsError::PackedTooLarge { percent, largest } => {
            let sentence = format!(
                "Packed policy consumes {percent}% of allotted space, please use smaller policy. The largest are: {largest}"
            );
            (BAD, "PackedPolicyTooLarge", sentence)
        }
        StsError::SessionTooLarge { .. } => (BAD, "PackedPolicyTooLarge", error.to_string()),
        StsError::NoSuchAccessKey { .. } => (BAD, "ValidationError", "The access key does not exist.".into()),
        StsError::Replayed => (BAD, "InvalidIdentityToken", "The assertion has been used before".into()),
        StsError::LoggedOut | StsError::NothingLeft => (BAD, "ExpiredTokenException", "Response has expired".into()),
        StsError::VerifierFailed => invalid("Response signature invalid"),
        StsError::Busy => (BAD, "Throttling", "Rate exceeded".into()),
        StsError::Store(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailable",
            "The request could not be recorded. Try again.".into(),
        ),
    }
}

fn invalid(message: &str) -> Said {
    (BAD, "InvalidIdentityToken", message.into())
}

fn denied(action: &str) -> Said {
    (FORBIDDEN, "AccessDenied", format!("Not authorized to perform sts:{action}"))
}

fn signature(error: &SigError) -> Said {
    use SigError as E;
    let message = error.aws_message();
    match error {
        E::Missing => (FORBIDDEN, "MissingAuthenticationToken", message),
        E::Limit { .. } | E::RequestForm { .. } | E::Escape { .. } => (BAD, "MalformedQueryString", message),
        E::Algorithm { .. }
        | E::Pair
        | E::RepeatedParameter { .. }
        | E::UnknownParameter { .. }
        | E::IncompleteHeader { .. }
        | E::IncompleteQuery { .. }
        | E::SignatureForm
        | E::SignedHeaders { .. }
        | E::Date { .. }
        | E::Credential { .. } => (BAD, "IncompleteSignature", message),
        E::SessionTokenForm => (FORBIDDEN, "InvalidClientTokenId", message),
        E::Both
        | E::HostUnsigned
        | E::UnsignedHeader { .. }
        | E::SignedHeaderAbsent { .. }
        | E::DuplicateHeader { .. }
        | E::DatesDiffer { .. }
        | E::Expires { .. }
        | E::Expired { .. }
        | E::NotYetCurrent { .. }
        | E::Scope { .. }
        | E::TwoSessionTokens
        | E::PayloadUnsupported { .. }
        | E::PayloadMismatch { .. }
        | E::Mismatch => (FORBIDDEN, "SignatureDoesNotMatch", message),
    }
}

/// A guesser is not told that the guess came during a lock, or that somebody has used the code.
fn mfa(error: &MfaError) -> &'static str {
    match error {
        MfaError::Incomplete => ", must provide both MFA serial number and one time pass code.",
        MfaError::Device { .. } => {
            ", unable to validate MFA code.  Please verify your MFA serial number is valid and associated with this user."
        }
        MfaError::WrongCode { .. } | MfaError::ReusedCode { .. } | MfaError::Locked { .. } => {
            " with invalid MFA one time pass code."
        }
    }
}

fn saml(error: &SamlError) -> Said {
    use SamlError as E;
    match error {
        E::TooLong { .. } | E::Base64 | E::Encoding => invalid("Invalid base64 SAMLResponse"),
        E::Doctype | E::TooDeep | E::Malformed | E::TooManyNodes { .. } | E::Root { .. } => {
            invalid("Invalid SAMLResponse document")
        }
        E::NotEncrypted => invalid("Assertion is not encrypted"),
        E::Encrypted { .. }
        | E::EncryptedAttribute
        | E::EncryptionShape { .. }
        | E::EncryptedKeyCount { .. }
        | E::EncryptionMethod { .. }
        | E::Rsa15
        | E::KeyTransport { .. }
        | E::CbcUnsigned
        | E::NoDecryptionKey
        | E::Decryption => invalid("Encrypted assertion is not accepted"),
        E::AssertionCount { .. }
        | E::AssertionPlace { .. }
        | E::NestedResponse
        | E::Comment { .. }
        | E::ProcessingInstruction { .. }
        | E::Namespace { .. }
        | E::IdAttribute { .. }
        | E::Id { .. }
        | E::DuplicateId { .. }
        | E::UnexpectedElement { .. }
        | E::UnexpectedText { .. }
        | E::Unsigned
        | E::SignaturePlace { .. }
        | E::SignatureCount { .. }
        | E::SignatureShape { .. }
        | E::ReferenceCount { .. }
        | E::Reference { .. }
        | E::Transforms { .. }
        | E::Canonicalisation { .. }
        | E::Sha1 { .. }
        | E::SignatureMethod { .. }
        | E::DigestMethod { .. }
        | E::SignatureValue { .. }
        | E::KeyInfo { .. }
        | E::NoKeys
        | E::KeyFamily { .. }
        | E::Signature { .. }
        | E::SecondEngineRefused
        | E::SecondEngineTooLate
        | E::SecondEngineFailed
        | E::EnginesDisagree => invalid("Response signature invalid"),
        E::IssuerMissing | E::Issuer { .. } => invalid("Issuer not present in specified provider"),
        E::StatementCount { .. }
        | E::MissingAttribute { .. }
        | E::TimeSyntax { .. }
        | E::InvertedTimes { .. }
        | E::Version { .. }
        | E::StatusCount { .. }
        | E::AuthnStatement
        | E::ConditionsMissing
        | E::ConfirmationMethod { .. }
        | E::ConfirmationNotBefore
        | E::ConfirmationNoLimit => invalid("Invalid SAMLResponse document"),
        E::Subject { .. } | E::NameId => {
            (FORBIDDEN, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithSAML".into())
        }
        E::Status { .. } => invalid("Response does not report success"),
        E::DestinationMissing | E::Destination { .. } | E::Recipient { .. } => {
            invalid("Response is not made out to this recipient")
        }
        E::InResponseTo { .. } | E::Unsolicited => invalid("Response does not answer a request of this sign-in"),
        E::AudienceMissing | E::Audience { .. } => invalid("Response does not contain the required audience."),
        E::NotYetValid { .. } | E::IssuedInFuture { .. } => invalid("Response is not yet valid"),
        E::ConfirmationExpired { .. } | E::Expired { .. } | E::SessionEnded { .. } => {
            (BAD, "ExpiredTokenException", "Response has expired".into())
        }
        E::AuthnTooOld { .. } | E::AuthnContext { .. } => {
            invalid("Response does not state the authentication that is required")
        }
        E::IssuedTooLongAgo { .. } => {
            (BAD, "ExpiredTokenException", "Token must be redeemed within 5 minutes of issuance".into())
        }
    }
}

const SOURCE_IDENTITY: &str = "Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with \"aws:\"";

fn attribute(error: &AttributeError) -> Said {
    match error {
        AttributeError::SeveralSourceIdentities { .. } | AttributeError::SourceIdentity => invalid(SOURCE_IDENTITY),
        AttributeError::SessionDuration { .. } | AttributeError::TagValues { .. } | AttributeError::Tags(_) => {
            invalid(&error.to_string())
        }
    }
}

/// Where the caller's own policies decided, AWS says so; what a trust policy says stays behind the gate.
fn caller_denied(caller: &str, role: &str, error: &TrustError) -> Said {
    let (action, why) = match error {
        // What the caller's own session carries is no secret of the role.
        TrustError::TagInherited { .. } | TrustError::TooManyTags => {
            return (BAD, "ValidationError", error.to_string());
        }
        TrustError::CallerNotAllowed { action, by, denied: true, .. } => {
            let article = if *by == OwnPolicies::Identity { "an" } else { "a" };
            (*action, format!(" with an explicit deny in {article} {by}"))
        }
        TrustError::CallerNotAllowed { action, by, .. } => {
            (*action, format!(" because no {by} allows the {action} action"))
        }
        TrustError::TagSession { .. } => ("sts:TagSession", String::new()),
        TrustError::SetSourceIdentity { .. } | TrustError::SourceIdentityFixed => {
            ("sts:SetSourceIdentity", String::new())
        }
        _ => ("sts:AssumeRole", String::new()),
    };
    let sentence = format!("User: {caller} is not authorized to perform: {action} on resource: {role}{why}");
    (FORBIDDEN, "AccessDenied", sentence)
}

fn trust(error: &TrustError, action: &str) -> Said {
    match error {
        TrustError::NotInRolesClaim { .. } => {
            invalid("The target role ARN is not present in the roles claim of the identity token")
        }
        TrustError::NoSessionName => invalid("RoleSessionName is required in AuthnResponse"),
        TrustError::SeveralSessionNames { .. } | TrustError::BadSessionName { .. } => {
            invalid("RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}")
        }
        TrustError::RuleFailed { .. }
        | TrustError::MfaFailed { .. }
        | TrustError::ClaimLeftOut { .. }
        | TrustError::MfaMissing { .. }
        | TrustError::NothingForUser { .. }
        | TrustError::NoRoleGiven { .. }
        | TrustError::RoleNotGiven { .. }
        | TrustError::RulesDiffer { .. }
        | TrustError::TagInherited { .. }
        | TrustError::TooManyTags
        | TrustError::SourceIdentityFixed
        | TrustError::AmbiguousClaim { .. }
        | TrustError::ReservedRole { .. }
        | TrustError::NoSuchRole { .. }
        | TrustError::ExplicitDeny { .. }
        | TrustError::NoStatementAllows { .. }
        | TrustError::TagSession { .. }
        | TrustError::SetSourceIdentity { .. }
        | TrustError::CallerNotAllowed { .. } => denied(action),
    }
}

fn oidc(error: &OidcError) -> Said {
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
        E::NoUsableKey | E::KeyIdMissing { .. } | E::UnusableKey { .. } | E::UnknownKey { .. } => invalid(KEYS),
        E::Issuer { .. } => invalid("Incorrect token issuer"),
        E::AuthorizedParty { .. } | E::Audience { .. } | E::AuthorizedPartyMissing { .. } | E::LoginClient { .. } => {
            invalid("Incorrect token audience")
        }
        E::IssuedInFuture { .. } | E::NotYetValid { .. } => invalid("Token is not yet valid"),
        E::Expired { expires_at, now } => expired(now.unix_timestamp(), expires_at.unix_timestamp()),
        E::AwsClaim { .. } | E::TagValues { .. } | E::Tags(_) => invalid(&error.to_string()),
        E::SourceIdentity => invalid(SOURCE_IDENTITY),
        E::Nonce | E::AccessTokenHash | E::CodeHash => invalid("Token does not belong to this sign-in"),
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

fn social(error: &SocialError) -> Said {
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
