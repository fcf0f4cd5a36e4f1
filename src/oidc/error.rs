//! Why a token, a provider's document or a login was refused.

use super::{DirectoryError, Flaw};
use crate::outbound::OutboundError;
use crate::trace::{Code, Refusal};
use crate::words::{NotSessionTags, iso};
use time::OffsetDateTime;

/// The checks in the order they run: form, header, key, claims; then the provider's documents; then the login.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum OidcError {
    #[error("the token has {length} characters")]
    TooLong { length: usize, limit: usize },
    #[error("the token is encrypted; only signed tokens are accepted")]
    Encrypted,
    #[error("the token's {part} is not that of a compact signed token")]
    NotAJwt { part: &'static str },
    #[error("{what} is not a JSON object: {reason}")]
    Json { what: &'static str, reason: String },
    #[error("{what} has the member \"{member}\" twice")]
    DuplicateMember { what: &'static str, member: String },
    #[error("{what} is nested more than {limit} levels deep")]
    TooDeep { what: &'static str, limit: usize },
    #[error("the token's algorithm is not one that is accepted")]
    AlgorithmRefused { algorithm: String },
    #[error("the token's header demands an extension (crit)")]
    CriticalHeader,
    #[error("the token's header has \"{member}\", which is not acted on")]
    HeaderMember { member: &'static str },
    #[error("the token is not an ID token by its type")]
    TokenType { kind: String },
    #[error("the token's key id is not a text of 1 to 256 bytes")]
    KeyIdShape,
    #[error("the token lacks the claim {claim}")]
    MissingClaim { claim: &'static str },
    #[error("the token's claim {claim} is not {wanted}")]
    ClaimType { claim: &'static str, wanted: &'static str },

    #[error("the issuer's key set has no usable key")]
    NoUsableKey,
    #[error(
        "the issuer's key {key} is published with its private half (d, p or q), and there is no other that is usable"
    )]
    PrivateKey { key: String },
    #[error("the token names no key, and the issuer has {fitting} that fit")]
    KeyIdMissing { fitting: usize },
    #[error("the token's algorithm is not that of the key it names")]
    KeyAlgorithm { key: String, token: &'static str },
    #[error("the key that the token names {} and so is not used", flaw.reason())]
    UnusableKey { key_id: String, flaw: Flaw },
    #[error("the issuer's key set does not hold the token's key")]
    UnknownKey { key_id: String },
    #[error("the token's signature does not verify")]
    Signature,
    #[error("the token is of another issuer")]
    Issuer { expected: String, received: String },
    #[error("the token's subject has {length} characters or holds a control character")]
    Subject { length: usize },
    #[error("the token's authorized party is not one of the provider's client ids")]
    AuthorizedParty { received: String },
    #[error("the token is for an audience that the provider does not list")]
    Audience { received: String, client_ids: Vec<String> },
    #[error("the token has {audiences} audiences and no authorized party")]
    AuthorizedPartyMissing { audiences: usize },
    #[error("the token was not issued to the client that this login used")]
    LoginClient { expected: String, received: String },
    #[error("the token's {claim} is not a time between 1970 and 9999")]
    TimeRange { claim: &'static str },
    #[error("the token is issued in the future")]
    IssuedInFuture { issued_at: OffsetDateTime, now: OffsetDateTime },
    #[error("the token is not valid yet")]
    NotYetValid { not_before: OffsetDateTime, now: OffsetDateTime },
    #[error("the token has expired")]
    Expired { expires_at: OffsetDateTime, now: OffsetDateTime },
    #[error("the token tells of events, so it is not an ID token")]
    Events,
    #[error("the token's nonce is not the one that this login began with")]
    Nonce,
    #[error("the token belongs to another access token than the one that came with it")]
    AccessTokenHash,
    #[error("the token belongs to another authorization code than the one that it was given for")]
    CodeHash,
    #[error("the person did not authenticate anew when they were asked to")]
    AuthnTooOld { at: OffsetDateTime, since: OffsetDateTime },
    #[error("the token's claim {claim} is not what AWS has under this name")]
    AwsClaim { claim: &'static str },
    #[error("the token's tag \"{key}\" does not have one text as its value")]
    TagValues { key: String },
    #[error("the groups that the token leaves out cannot be had: {0}")]
    Groups(DirectoryError),
    #[error("{0}")]
    Tags(NotSessionTags),
    #[error("the token's source identity is not 2 to 64 letters, digits and _+=,.@-, or begins with aws:")]
    SourceIdentity,

    #[error("\"{issuer}\" cannot be an issuer: {reason}")]
    IssuerUrl { issuer: String, reason: &'static str },
    #[error("the discovery document is of another issuer")]
    DiscoveryIssuer { expected: String, received: String },
    #[error("the discovery document's {member} is missing or cannot be used")]
    DiscoveryMember { member: &'static str },
    #[error("the key set has no list of keys")]
    KeySetShape,
    #[error("{what} cannot be fetched: {cause}")]
    Fetch { what: &'static str, cause: OutboundError },
    #[error("{what} was answered with status {status}")]
    Status { what: &'static str, status: u16 },
    #[error("the provider's documents are still being fetched")]
    Busy,

    #[error("the provider has no login client")]
    LoginUnconfigured,
    #[error("the login's {what} cannot be used")]
    LoginParameter { what: &'static str },
    #[error("more codes come in than the provider is asked about in a second")]
    Pace,
    #[error("the answer names another issuer than the provider's")]
    ResponseIssuer { expected: String, received: String },
    #[error("the answer does not name its issuer, as this provider's answers do")]
    ResponseIssuerMissing,
    #[error("the provider supports none of the ways in which this client can authenticate")]
    ClientAuthentication,
    #[error("the provider refused the authorization code")]
    CodeRefused { status: u16, error: String },
    #[error("the provider's token response has no usable {member}")]
    TokenResponse { member: &'static str },
    #[error("the userinfo response is about another subject than the ID token")]
    UserInfoSubject,
}

impl OidcError {
    /// The provider is down or failing, rather than wrong: the caller may try again.
    pub fn is_unreachable(&self) -> bool {
        match self {
            Self::Fetch { cause, .. } => cause.is_unreachable(),
            Self::Groups(error) => error.is_unreachable(),
            Self::Busy => true,
            _ => false,
        }
    }
}

impl Refusal for OidcError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::OidcTooLong,
            Self::Encrypted => Code::OidcEncrypted,
            Self::NotAJwt { .. } => Code::OidcNotAJwt,
            Self::Json { .. } => Code::OidcJson,
            Self::DuplicateMember { .. } => Code::OidcDuplicateMember,
            Self::TooDeep { .. } => Code::OidcTooDeep,
            Self::AlgorithmRefused { .. } => Code::OidcAlgorithm,
            Self::CriticalHeader => Code::OidcCriticalHeader,
            Self::HeaderMember { .. } => Code::OidcHeaderMember,
            Self::TokenType { .. } => Code::OidcTokenType,
            Self::KeyIdShape => Code::OidcKeyId,
            Self::MissingClaim { .. } => Code::OidcMissingClaim,
            Self::ClaimType { .. } => Code::OidcClaimType,
            Self::NoUsableKey => Code::OidcNoUsableKey,
            Self::PrivateKey { .. } => Code::OidcPrivateKey,
            Self::KeyIdMissing { .. } => Code::OidcKeyIdMissing,
            Self::KeyAlgorithm { .. } => Code::OidcKeyAlgorithm,
            Self::UnusableKey { flaw, .. } => flaw.code(),
            Self::UnknownKey { .. } => Code::OidcUnknownKey,
            Self::Signature => Code::OidcSignature,
            Self::Issuer { .. } => Code::OidcIssuer,
            Self::Subject { .. } => Code::OidcSubject,
            Self::AuthorizedParty { .. } => Code::OidcAuthorizedParty,
            Self::Audience { .. } => Code::OidcAudience,
            Self::AuthorizedPartyMissing { .. } => Code::OidcAuthorizedPartyMissing,
            Self::LoginClient { .. } => Code::OidcLoginClient,
            Self::TimeRange { .. } => Code::OidcTimeRange,
            Self::IssuedInFuture { .. } => Code::OidcIssuedInFuture,
            Self::NotYetValid { .. } => Code::OidcNotYetValid,
            Self::Expired { .. } => Code::OidcExpired,
            Self::Events => Code::OidcEvents,
            Self::Nonce => Code::OidcNonce,
            Self::AccessTokenHash => Code::OidcAccessTokenHash,
            Self::CodeHash => Code::OidcCodeHash,
            Self::AuthnTooOld { .. } => Code::OidcAuthnTooOld,
            Self::Groups(_) => Code::OidcGroupsOverage,
            Self::AwsClaim { .. } => Code::OidcAwsClaim,
            Self::TagValues { .. } | Self::Tags(NotSessionTags::Value { .. }) => Code::OidcTagValue,
            Self::Tags(NotSessionTags::TooMany { .. }) => Code::OidcTooManyTags,
            Self::Tags(NotSessionTags::Key { .. }) => Code::OidcTagKey,
            Self::Tags(NotSessionTags::Repeated { .. }) => Code::OidcTagRepeated,
            Self::Tags(NotSessionTags::NotATag { .. }) => Code::OidcTransitiveTagKey,
            Self::SourceIdentity => Code::OidcSourceIdentity,
            Self::IssuerUrl { .. } => Code::OidcIssuerUrl,
            Self::DiscoveryIssuer { .. } => Code::OidcDiscoveryIssuer,
            Self::DiscoveryMember { .. } => Code::OidcDiscoveryMember,
            Self::KeySetShape => Code::OidcKeySetShape,
            Self::Fetch { cause, .. } => cause.code(),
            Self::Status { .. } => Code::OidcProviderStatus,
            Self::Busy => Code::OidcProviderBusy,
            Self::LoginUnconfigured => Code::OidcLoginUnconfigured,
            Self::LoginParameter { .. } => Code::OidcLoginParameter,
            Self::Pace => Code::OidcPace,
            Self::ResponseIssuer { .. } => Code::OidcResponseIssuer,
            Self::ResponseIssuerMissing => Code::OidcResponseIssuerMissing,
            Self::ClientAuthentication => Code::OidcClientAuthentication,
            Self::CodeRefused { .. } => Code::OidcCodeRefused,
            Self::TokenResponse { .. } => Code::OidcTokenResponse,
            Self::UserInfoSubject => Code::OidcUserInfoSubject,
        }
    }

    fn expected(&self) -> Option<String> {
        Some(match self {
            Self::TooLong { limit, .. } => format!("at most {limit} characters"),
            Self::NotAJwt { .. } | Self::Encrypted => "three base64url parts joined by dots".to_owned(),
            Self::AlgorithmRefused { .. } => {
                "RS256, RS384, RS512, ES256, ES384, ES512, or one of the provider's algorithms".to_owned()
            }
            Self::TokenType { .. } => "JWT, or no typ".to_owned(),
            Self::ClaimType { wanted, .. } => (*wanted).to_owned(),
            Self::KeyIdMissing { .. } => "exactly one fitting key".to_owned(),
            Self::KeyAlgorithm { key, .. } => key.clone(),
            Self::Issuer { expected, .. }
            | Self::DiscoveryIssuer { expected, .. }
            | Self::ResponseIssuer { expected, .. }
            | Self::LoginClient { expected, .. } => expected.clone(),
            Self::Subject { .. } => "1 to 255 characters".to_owned(),
            Self::AuthorizedParty { .. } => "one of client_ids".to_owned(),
            Self::Audience { client_ids, .. } => {
                format!(
                    "one of client_ids ({}); beside an authorized party, one of audiences as well",
                    client_ids.join(", ")
                )
            }
            Self::IssuedInFuture { now, .. } | Self::NotYetValid { now, .. } => format!("at most {}", iso(*now)),
            Self::Expired { now, .. } => format!("later than {}", iso(*now)),
            Self::AuthnTooOld { since, .. } => format!("not earlier than {}", iso(*since)),
            Self::Status { .. } => "200".to_owned(),
            Self::Fetch { cause, .. } => return cause.expected(),
            _ => return None,
        })
    }

    fn received(&self) -> Option<String> {
        Some(match self {
            Self::TooLong { length, .. } => format!("{length} characters"),
            Self::DuplicateMember { member, .. } => member.clone(),
            Self::AlgorithmRefused { algorithm } => algorithm.clone(),
            Self::TokenType { kind } => kind.clone(),
            Self::KeyAlgorithm { token, .. } => (*token).to_owned(),
            Self::UnknownKey { key_id } | Self::UnusableKey { key_id, .. } => key_id.clone(),
            Self::Issuer { received, .. }
            | Self::DiscoveryIssuer { received, .. }
            | Self::ResponseIssuer { received, .. }
            | Self::LoginClient { received, .. }
            | Self::AuthorizedParty { received }
            | Self::Audience { received, .. } => received.clone(),
            Self::IssuedInFuture { issued_at: at, .. }
            | Self::NotYetValid { not_before: at, .. }
            | Self::Expired { expires_at: at, .. }
            | Self::AuthnTooOld { at, .. } => iso(*at),
            Self::Status { status, .. } => status.to_string(),
            Self::CodeRefused { status, error } => format!("{status} {error}"),
            Self::Fetch { cause, .. } => return cause.received(),
            _ => return None,
        })
    }
}
