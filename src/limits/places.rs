//! How many anybody may hold at a time of what there is a fixed number of.

use super::Source;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Counts places by who holds them: each source, and in IPv6 each /56 as well, which is what one subscriber often has whole.
#[derive(Default)]
pub struct Places(Mutex<HashMap<Holder, u32>>);

/// One of its holders' places; given back when it is dropped.
pub struct Place {
    holders: Vec<Holder>,
    places: Arc<Places>,
}

const MOST_OF_A_SOURCE: u32 = 256;
const MOST_OF_A_SITE: u32 = 4 * MOST_OF_A_SOURCE;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Source(Source),
    /// The first 56 bits of an address of IPv6.
    Site(u128),
}

impl Holder {
    fn most(self) -> u32 {
        match self {
            Self::Source(_) => MOST_OF_A_SOURCE,
            Self::Site(_) => MOST_OF_A_SITE,
        }
    }
}

impl Places {
    /// A place for somebody at this address; `None` if all of theirs are taken.
    pub fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let site = match address.to_canonical() {
            IpAddr::V4(_) => None,
            IpAddr::V6(v6) => Some(Holder::Site(v6.to_bits() >> 72)),
        };
        let holders: Vec<Holder> = [Holder::Source(address.into())].into_iter().chain(site).collect();
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if holders.iter().any(|holder| counts.get(holder).is_some_and(|count| *count >= holder.most())) {
            return None;
        }
        holders.iter().for_each(|holder| *counts.entry(*holder).or_default() += 1);
        Some(Place { holders, places: self.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut counts = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        for holder in &self.holders {
            if let Some(count) = counts.get_mut(holder) {
                *count -= 1;
                if *count == 0 {
                    counts.remove(holder);
                }
            }
        }
    }
}
