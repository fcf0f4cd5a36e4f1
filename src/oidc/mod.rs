//! The OpenID Connect relying party: from a token's text to a [`VerifiedToken`].
//!
//! ```text
//! text ─UnverifiedToken::decode→ form and algorithm are right; shows only issuer and key id
//!      ─RelyingParty::verify_token→ finds the issuer's key set (cache, one fetch at a time), then
//!      ─UnverifiedToken::verify→ signature, issuer, subject, audience, times, nonce → VerifiedToken
//! ```
//!
//! A browser login adds two steps in front: [`RelyingParty::begin_login`] gives the authorization URL (code flow with
//! PKCE, state and nonce), [`RelyingParty::finish_login`] redeems the code and verifies the ID token that comes back
//! by the same path.
//!
//! A [`RelyingParty`] is one provider. It has that issuer's keys and nobody else's, so a key of one issuer never
//! vouches for another, and a dead provider delays no one but its own people. The last good keys serve for a day of
//! outage, and survive a restart in the store. Signatures are checked with the key's
//! own algorithm; the header can only agree with it. RSA with PKCS #1 and ECDSA are accepted of everybody, PS256 and
//! EdDSA where the provider's setting says so, nothing else.
//!
//! ```text
//! relying_party.rs  one provider. error.rs is why it refuses
//! jws.rs            a signed text: form, header, signature. json.rs reads strictly, algorithm.rs is what may be signed with
//! token.rs          an ID token before it is believed, verify.rs the step to it; aws.rs the claims that speak to AWS
//! key.rs, key_set.rs: an issuer's keys, and flaw.rs why one does not serve
//! documents.rs      an issuer's documents, fetched when needed: discovery.rs is one of them, issuer.rs what it may be called.
//!                   freshness.rs says for how long they serve, kept.rs keeps them for the next start, pace.rs bounds how
//!                   often strangers make us ask
//! login.rs          the authorization code flow; client_key.rs proves who we are, userinfo.rs asks for more claims
//! overage.rs        groups that do not fit into a token, asked for in a directory.rs
//! logout_token.rs, end_session.rs: logouts, by the issuer and by us
//! signing_key.rs    a private key that signs such texts: our own, as an issuer and as a client
//! social/           access tokens of Facebook and Amazon
//! ```

mod algorithm;
pub mod aws;
mod client_key;
mod directory;
mod discovery;
mod documents;
mod end_session;
mod error;
mod flaw;
mod freshness;
mod issuer;
mod json;
mod jws;
mod kept;
mod key;
mod key_set;
mod login;
mod logout_token;
pub mod overage;
mod pace;
mod relying_party;
mod signing_key;
pub mod social;
mod token;
mod userinfo;
mod verify;

pub use algorithm::Algorithm;
pub use client_key::{ClientKey, ClientKeyError};
pub use directory::{DirectoryError, GroupsSource};
pub use discovery::Discovery;
pub use error::OidcError;
pub use flaw::Flaw;
pub use issuer::{check_issuer, issuer_without_scheme, spellings};
pub use json::object as json_object;
pub use jws::{CompactJws, LONGEST_JWS};
pub use key_set::KeySet;
pub use login::{ClientAuthentication, LoginClient, LoginReturn, LoginSecrets};
pub use logout_token::{LogoutTokenError, UnverifiedLogoutToken, VerifiedLogoutToken};
pub use relying_party::{KeySource, KeysInForce, RelyingParty, RelyingPartySettings};
pub use signing_key::SigningKey;
pub use token::UnverifiedToken;
pub use verify::{Said, TokenExpectation, VerifiedToken};
