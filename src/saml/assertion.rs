//! What a verified assertion says.

use std::fmt;
use std::sync::Arc;
use time::OffsetDateTime;

/// An assertion whose signature, addressee, times and subject confirmation all held. Only [`super`] makes one, and
/// every value in it was read from what the signature covers.
#[derive(Clone)]
#[non_exhaustive]
pub struct VerifiedAssertion {
    /// The assertion's `ID`; unique per issuer, what replay is remembered by.
    pub id: String,
    /// The identity provider's entity id.
    pub issuer: String,
    /// Fingerprint of the key that verified, see [`super::SigningKey::fingerprint`].
    pub key_fingerprint: String,
    pub name_id: NameId,
    /// The assertion consumer URL that the bearer confirmation names, one of the expected ones.
    pub recipient: String,
    pub issue_instant: OffsetDateTime,
    /// From here on no check would pass any more (skew included): a replay must be remembered until then.
    pub not_on_or_after: OffsetDateTime,
    /// The earliest of the authentication statements' limits: no session may outlive it.
    pub session_not_on_or_after: Option<OffsetDateTime>,
    pub authn_instant: OffsetDateTime,
    /// AuthnContextClassRef, if the statement has one.
    pub authn_context: Option<String>,
    pub session_index: Option<String>,
    /// The issuer asks that this assertion be used once everywhere (SAML core §2.5.1.5).
    pub one_time_use: bool,
    /// In the order of the document; values of one name stand together even if the document spreads them.
    pub attributes: Arc<[Attribute]>,
    /// The request that the bearer confirmation answers.
    pub in_response_to: Option<String>,
}

impl VerifiedAssertion {
    /// The values of one attribute; an attribute that is absent has none. The name is compared exactly.
    pub fn values(&self, name: &str) -> &[String] {
        self.attributes.iter().find(|attribute| attribute.name == name).map_or(&[], |attribute| &attribute.values)
    }
}

/// Which assertion it is, not what it says of whom.
impl fmt::Debug for VerifiedAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifiedAssertion({} from {})", self.id, self.issuer)
    }
}

/// Who the assertion is about (SAML core §2.2.3). Nothing is trimmed or folded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameId {
    pub value: String,
    /// The format's URI; the unspecified format when the document names none.
    pub format: String,
    pub name_qualifier: Option<String>,
    pub sp_name_qualifier: Option<String>,
}

/// One attribute with all its values, each the full text of its element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    pub name: String,
    pub values: Vec<String>,
}
