//! The metadata of identity providers that is in force.
//!
//! A document from a file stays what it was when the house opened. [`LiveMetadata`] is what providers hold and what a
//! request asks: [`LiveMetadata::current`] gives the keys and addresses of this moment, or says why there are none.

mod error;
mod live;

pub use error::Unavailable;
pub use live::LiveMetadata;
