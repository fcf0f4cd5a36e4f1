//! What is said of an assertion that is not good enough.

use super::{BAD, FORBIDDEN, SOURCE_IDENTITY, Said, invalid};
use crate::saml::SamlError;
use crate::saml::aws::AttributeError;

pub(super) fn saml(error: &SamlError) -> Said {
    use SamlError as E;
    match error {
        E::TooLong { .. } | E::Base64 | E::Encoding => invalid("Invalid base64 SAMLResponse"),
        E::Doctype
        | E::TooDeep
        | E::Malformed
        | E::TooManyNodes { .. }
        | E::NamespaceName
        | E::Root { .. }
        | E::UnexpectedElement { .. }
        | E::UnexpectedText { .. } => invalid("Invalid SAMLResponse document"),
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

pub(super) fn attribute(error: &AttributeError) -> Said {
    match error {
        AttributeError::SeveralSourceIdentities { .. } | AttributeError::SourceIdentity => invalid(SOURCE_IDENTITY),
        AttributeError::SessionDuration { .. } | AttributeError::TagValues { .. } | AttributeError::Tags(_) => {
            invalid(&error.to_string())
        }
    }
}
