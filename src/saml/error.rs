//! Why a response is not believed.

use super::bounds::LONGEST_NAMESPACE;
use crate::trace::{Code, Refusal};
use time::OffsetDateTime;

/// The checks of a response, in the order they run. Facts are names, algorithms, addresses and times; never a
/// value of the subject, a signature or a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SamlError {
    // --- decoding -------------------------------------------------------------------------------------------
    #[error("the form field has {length} characters")]
    TooLong { length: usize },
    #[error("the form field is not base64")]
    Base64,
    #[error("the message is not XML 1.0 in UTF-8")]
    Encoding,
    #[error("the message has a document type or entities")]
    Doctype,
    #[error("the message is nested too deeply")]
    TooDeep,
    #[error("the message is not well-formed XML")]
    Malformed,
    #[error("the message has too many {what}")]
    TooManyNodes { what: &'static str },
    #[error(
        "the message declares a namespace by a name with a reference in it, or of more than {LONGEST_NAMESPACE} octets"
    )]
    NamespaceName,

    // --- before any cryptography ----------------------------------------------------------------------------
    #[error("the root element is {found}")]
    Root { found: String },
    #[error("the message contains {element} where nothing may be encrypted")]
    Encrypted { element: String },
    #[error("the assertion has an encrypted attribute")]
    EncryptedAttribute,
    #[error("the message contains {count} assertions")]
    AssertionCount { count: usize },
    #[error("the assertion stands under {parent}")]
    AssertionPlace { parent: String },
    #[error("the message contains another Response")]
    NestedResponse,
    #[error("there is no Issuer in the assertion")]
    IssuerMissing,
    #[error("there is a comment in {parent}")]
    Comment { parent: String },
    #[error("there is a processing instruction in {parent}")]
    ProcessingInstruction { parent: String },
    #[error("a namespace of {element} is not an absolute URI")]
    Namespace { element: String },
    #[error("{element} has the attribute {attribute}, which may be taken for its ID")]
    IdAttribute { element: String, attribute: String },
    #[error("the ID of {element} is missing or not an XML name")]
    Id { element: String },
    #[error("two elements have the same ID")]
    DuplicateId { element: String },
    #[error("there is an unexpected {element} in {parent}")]
    UnexpectedElement { element: String, parent: String },
    #[error("there is unexpected text in {parent}")]
    UnexpectedText { parent: String },
    #[error("what is encrypted does not have its plain shape in {place}")]
    EncryptionShape { place: &'static str },
    #[error("there are {count} EncryptedKeys")]
    EncryptedKeyCount { count: usize },
    #[error("the encryption method is not allowed")]
    EncryptionMethod { found: String },
    #[error("the key is transported by RSA with PKCS #1 v1.5 padding")]
    Rsa15,
    #[error("the key transport is not allowed")]
    KeyTransport { found: String },
    #[error("nothing is signed")]
    Unsigned,
    #[error("there is a Signature under {parent}")]
    SignaturePlace { parent: String },
    #[error("{parent} has {count} signatures")]
    SignatureCount { parent: String, count: usize },
    #[error("the Signature does not have its plain shape in {place}")]
    SignatureShape { place: &'static str },
    #[error("the Signature has {count} references")]
    ReferenceCount { count: usize },
    #[error("the Reference does not name the element that contains the Signature")]
    Reference { found: String },
    #[error("the Reference has other transforms than the two that are allowed")]
    Transforms { found: String },
    #[error("the canonicalisation method is not allowed")]
    Canonicalisation { found: String },
    #[error("SHA-1 is part of the signature")]
    Sha1 { found: String },
    #[error("the signature method is not allowed")]
    SignatureMethod { found: String },
    #[error("the digest method is not allowed")]
    DigestMethod { found: String },
    #[error("{element} is not one base64 text")]
    SignatureValue { element: &'static str },
    #[error("KeyInfo contains {element}")]
    KeyInfo { element: String },

    // --- signature ------------------------------------------------------------------------------------------
    #[error("there is no key to verify with")]
    NoKeys,
    #[error("no registered key fits the signature method")]
    KeyFamily { method: String },
    #[error("the signature does not hold with any registered key")]
    Signature { tried: usize },
    #[error("the second signature engine does not accept the message")]
    SecondEngineRefused,
    #[error("the second signature engine took too long over the message")]
    SecondEngineTooLate,
    #[error("the second signature engine gave no answer")]
    SecondEngineFailed,
    #[error("the two signature engines disagree about what is signed")]
    EnginesDisagree,

    // --- decryption -----------------------------------------------------------------------------------------
    #[error("the assertion is encrypted with AES-CBC and no signature of the Response protects it")]
    CbcUnsigned,
    #[error("there is no key here to decrypt with")]
    NoDecryptionKey,
    /// Whatever went wrong: it is never said.
    #[error("what is encrypted does not open to the one element that is expected there")]
    Decryption,

    // --- reading --------------------------------------------------------------------------------------------
    #[error("{element} is there {count} times")]
    StatementCount { element: &'static str, count: usize },
    #[error("{element} has no {attribute}")]
    MissingAttribute { element: &'static str, attribute: &'static str },
    #[error("{field} is not a time with a zone")]
    TimeSyntax { field: &'static str },
    #[error("{element} ends before it begins")]
    InvertedTimes { element: &'static str },
    #[error("there are {count} Subjects")]
    Subject { count: usize },
    #[error("the Subject has no single NameID with a text")]
    NameId,

    // --- protocol -------------------------------------------------------------------------------------------
    #[error("the assertion is not encrypted, and this provider's must be")]
    NotEncrypted,
    #[error("{element} is of another version of SAML")]
    Version { element: &'static str, found: String },
    #[error("the Response has {count} Statuses or StatusCodes")]
    StatusCount { count: usize },
    #[error("the identity provider answered with a failure")]
    Status { found: String },
    #[error("the signed Response has no Destination")]
    DestinationMissing,
    #[error("the Response is for another destination")]
    Destination { found: String, expected: Vec<String> },
    #[error("the Response and the Assertion name different issuers")]
    Issuer { response: String, assertion: String },
    #[error("the Subject has no bearer confirmation")]
    ConfirmationMethod { found: Vec<String> },
    #[error("the bearer confirmation has a NotBefore")]
    ConfirmationNotBefore,
    #[error("the bearer confirmation is for another recipient")]
    Recipient { found: Option<String>, expected: Vec<String> },
    #[error("the bearer confirmation has no NotOnOrAfter")]
    ConfirmationNoLimit,
    #[error("the bearer confirmation has expired")]
    ConfirmationExpired { until: OffsetDateTime, now: OffsetDateTime },
    #[error("the response answers another request")]
    InResponseTo { found: Option<String>, expected: Option<String> },
    #[error("nobody asked for this response")]
    Unsolicited,
    #[error("there are no Conditions with NotOnOrAfter")]
    ConditionsMissing,
    #[error("the assertion is not valid yet")]
    NotYetValid { from: OffsetDateTime, now: OffsetDateTime },
    #[error("the assertion has expired")]
    Expired { until: OffsetDateTime, now: OffsetDateTime },
    #[error("the assertion is not restricted to an audience")]
    AudienceMissing,
    #[error("the assertion is for another audience")]
    Audience { found: Vec<String>, expected: Vec<String> },
    #[error("the assertion was issued in the future")]
    IssuedInFuture { at: OffsetDateTime, now: OffsetDateTime },
    #[error("the assertion was issued more than five minutes ago")]
    IssuedTooLongAgo { at: OffsetDateTime, now: OffsetDateTime },
    #[error("there is no AuthnStatement")]
    AuthnStatement,
    #[error("the identity provider's session has ended")]
    SessionEnded { at: OffsetDateTime, now: OffsetDateTime },
    #[error("the person authenticated before they were asked to")]
    AuthnTooOld { at: OffsetDateTime, since: OffsetDateTime },
    #[error("the person authenticated in another way than was asked for")]
    AuthnContext { found: Option<String>, expected: Vec<String> },
}

impl SamlError {
    /// Whether the signature may be by a key that nobody has told us of yet.
    pub fn is_of_an_unknown_key(&self) -> bool {
        matches!(self, Self::Signature { .. } | Self::KeyFamily { .. })
    }
}

impl Refusal for SamlError {
    fn code(&self) -> Code {
        match self {
            Self::TooLong { .. } => Code::SamlTooLong,
            Self::Base64 => Code::SamlBase64,
            Self::Encoding => Code::SamlEncoding,
            Self::Doctype => Code::SamlDoctype,
            Self::TooDeep => Code::SamlDepth,
            Self::Malformed => Code::SamlMalformed,
            Self::TooManyNodes { .. } => Code::SamlTooManyNodes,
            Self::NamespaceName => Code::SamlNamespaceName,
            Self::Root { .. } => Code::SamlRoot,
            Self::Encrypted { .. } => Code::SamlEncrypted,
            Self::EncryptedAttribute => Code::SamlEncryptedAttribute,
            Self::AssertionCount { .. } => Code::SamlAssertionCount,
            Self::AssertionPlace { .. } => Code::SamlAssertionPlace,
            Self::NestedResponse => Code::SamlNestedResponse,
            Self::IssuerMissing => Code::SamlIssuerMissing,
            Self::Comment { .. } => Code::SamlComment,
            Self::ProcessingInstruction { .. } => Code::SamlProcessingInstruction,
            Self::Namespace { .. } => Code::SamlNamespace,
            Self::IdAttribute { .. } => Code::SamlIdAttribute,
            Self::Id { .. } => Code::SamlId,
            Self::DuplicateId { .. } => Code::SamlDuplicateId,
            Self::UnexpectedElement { .. } => Code::SamlUnexpectedElement,
            Self::UnexpectedText { .. } => Code::SamlUnexpectedText,
            Self::EncryptionShape { .. } => Code::SamlEncryptionShape,
            Self::EncryptedKeyCount { .. } => Code::SamlEncryptedKeyCount,
            Self::EncryptionMethod { .. } => Code::SamlEncryptionMethod,
            Self::Rsa15 => Code::SamlRsa15,
            Self::KeyTransport { .. } => Code::SamlKeyTransport,
            Self::Unsigned => Code::SamlUnsigned,
            Self::SignaturePlace { .. } => Code::SamlSignaturePlace,
            Self::SignatureCount { .. } => Code::SamlSignatureCount,
            Self::SignatureShape { .. } => Code::SamlSignatureShape,
            Self::ReferenceCount { .. } => Code::SamlReferenceCount,
            Self::Reference { .. } => Code::SamlReference,
            Self::Transforms { .. } => Code::SamlTransforms,
            Self::Canonicalisation { .. } => Code::SamlCanonicalisation,
            Self::Sha1 { .. } => Code::SamlSha1,
            Self::SignatureMethod { .. } => Code::SamlSignatureMethod,
            Self::DigestMethod { .. } => Code::SamlDigestMethod,
            Self::SignatureValue { .. } => Code::SamlSignatureValue,
            Self::KeyInfo { .. } => Code::SamlKeyInfo,
            Self::NoKeys => Code::SamlNoKeys,
            Self::KeyFamily { .. } => Code::SamlKeyFamily,
            Self::Signature { .. } => Code::SamlSignature,
            Self::SecondEngineRefused => Code::SamlSecondEngineRefused,
            Self::SecondEngineTooLate => Code::SamlSecondEngineTooLate,
            Self::SecondEngineFailed => Code::SamlSecondEngineFailed,
            Self::EnginesDisagree => Code::SamlEnginesDisagree,
            Self::CbcUnsigned => Code::SamlCbcUnsigned,
            Self::NoDecryptionKey => Code::SamlNoDecryptionKey,
            Self::Decryption => Code::SamlDecryption,
            Self::StatementCount { .. } => Code::SamlStatementCount,
            Self::MissingAttribute { .. } => Code::SamlMissingAttribute,
            Self::TimeSyntax { .. } => Code::SamlTimeSyntax,
            Self::InvertedTimes { .. } => Code::SamlInvertedTimes,
            Self::Subject { .. } => Code::SamlSubject,
            Self::NameId => Code::SamlNameId,
            Self::NotEncrypted => Code::SamlNotEncrypted,
            Self::Version { .. } => Code::SamlVersion,
            Self::StatusCount { .. } | Self::Status { .. } => Code::SamlStatus,
            Self::DestinationMissing => Code::SamlDestinationMissing,
            Self::Destination { .. } => Code::SamlDestination,
            Self::Issuer { .. } => Code::SamlIssuer,
            Self::ConfirmationMethod { .. } => Code::SamlConfirmationMethod,
            Self::ConfirmationNotBefore => Code::SamlConfirmationNotBefore,
            Self::Recipient { .. } => Code::SamlRecipient,
            Self::ConfirmationNoLimit => Code::SamlConfirmationNoLimit,
            Self::ConfirmationExpired { .. } => Code::SamlConfirmationExpired,
            Self::InResponseTo { .. } => Code::SamlInResponseTo,
            Self::Unsolicited => Code::SamlUnsolicited,
            Self::ConditionsMissing => Code::SamlConditionsMissing,
            Self::NotYetValid { .. } => Code::SamlNotYetValid,
            Self::Expired { .. } => Code::SamlExpired,
            Self::AudienceMissing => Code::SamlAudienceMissing,
            Self::Audience { .. } => Code::SamlAudience,
            Self::IssuedInFuture { .. } => Code::SamlIssuedInFuture,
            Self::IssuedTooLongAgo { .. } => Code::SamlIssuedTooLongAgo,
            Self::AuthnStatement => Code::SamlAuthnStatement,
            Self::SessionEnded { .. } => Code::SamlSessionEnded,
            Self::AuthnTooOld { .. } => Code::SamlAuthnTooOld,
            Self::AuthnContext { .. } => Code::SamlAuthnContext,
        }
    }

    fn expected(&self) -> Option<String> {
        super::facts::expected(self)
    }

    fn received(&self) -> Option<String> {
        super::facts::received(self)
    }
}
