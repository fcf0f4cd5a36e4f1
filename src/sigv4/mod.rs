//! AWS Signature Version 4, the server's side.
//!
//! A request's way: [`RawRequest`] is what came over the wire, untouched. [`SignedRequest::parse`] checks everything
//! that can be checked without a key: bounds, escapes (`request`, `query`), one authentication of the right algorithm
//! with all its parts (`authorization`), the signed headers, the clock, the credential scope (`scope`) and the body's
//! hash. What comes out tells only which key it was signed with. [`SignedRequest::verify`] takes that key's secret,
//! rebuilds the `canonical` request and compares; only it can make a [`ProvenSignature`]. With a secret that signs for years,
//! [`SignedRequest::verify_keeping`] does so by the [`SigningKeys`] that are kept beside it.
//!
//! Both forms are read: the Authorization header, and the presigned query, whose life is 15 minutes whatever its
//! X-Amz-Expires says, if it says any, because that is how STS treats it and how cluster tokens are built.
//!
//! [`SignedRequest::parse_received`] does the same for a request that another service has received and asks about.

mod authorization;
mod canonical;
mod error;
mod query;
mod request;
mod scope;
mod signed;
mod signing_key;

pub use error::{ScopeFault, SigError};
pub use request::RawRequest;
pub use signed::{ProvenSignature, SignedRequest};
pub use signing_key::SigningKeys;
