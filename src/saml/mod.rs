//! SAML 2.0 service provider.

mod key;
mod names;
mod sign;
mod tree;

pub use key::{KeyError, KeyFamily, SigningKey};
pub use sign::{SignError, sign_enveloped};
