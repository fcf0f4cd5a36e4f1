//! The metadata of identity providers that is in force.
//!
//! A document from a file stays what it was when the configuration was read. One from a URL is followed: fetched at the start and
//! then at its interval, remembered in the store, and good for a week of the other side's silence. Whoever asks is
//! answered from memory by [`LiveMetadata::current`]; nobody waits for a fetch but a response whose signature held with
//! no known key ([`LiveMetadata::newer_than`]).
//!
//! A document that is refused leaves the former one in force. The keys that count are those of the last good document:
//! what it lists beside each other overlaps, what it no longer lists has ended.

mod alarm;
mod error;
mod live;
mod refresh;
mod schedule;
mod source;

pub use alarm::{Alarms, Certificate};
pub use error::{RefreshError, Unavailable};
pub use live::{LiveMetadata, MetadataTold};
pub use refresh::Books;
pub use schedule::SHORTEST_REFRESH;
pub use source::{Place, Source};
