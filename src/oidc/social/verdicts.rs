//! What the network said of tokens that it has been asked about lately, by their digests.

use super::{SocialError, VerifiedAccess};
use std::collections::HashMap;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

pub(super) type Verdict = Result<Arc<VerifiedAccess>, SocialError>;

/// A token that its person has withdrawn is good for this long at most.
const GOOD_FOR: Duration = Duration::minutes(1);
/// A bad token does not become good.
const BAD_FOR: Duration = Duration::minutes(5);
/// Verdicts that are kept; beyond it the one that ends first goes.
const MOST: usize = 8192;

#[derive(Default)]
pub(super) struct Verdicts(HashMap<[u8; 32], Known>);

struct Known {
    verdict: Verdict,
    since: OffsetDateTime,
    until: OffsetDateTime,
}

impl Verdicts {
    pub(super) fn of(&self, digest: &[u8; 32], now: OffsetDateTime) -> Option<Verdict> {
        let known = self.0.get(digest).filter(|known| known.counts(now))?;
        Some(known.verdict.clone())
    }

    /// Keeps a verdict; what is none, such as a network that does not answer, is not kept.
    pub(super) fn keep(&mut self, digest: [u8; 32], verdict: &Verdict, now: OffsetDateTime) {
        let until = match verdict {
            Ok(access) => {
                let until = now.saturating_add(GOOD_FOR);
                access.ends().map_or(until, |ends| until.min(ends))
            }
            Err(error) if error.is_verdict() => now.saturating_add(BAD_FOR),
            Err(_) => return,
        };
        if self.0.len() >= MOST {
            self.0.retain(|_, known| known.counts(now));
        }
        if self.0.len() >= MOST {
            let first = self.0.iter().min_by_key(|(_, known)| known.until).map(|(digest, _)| *digest);
            first.and_then(|digest| self.0.remove(&digest));
        }
        self.0.insert(digest, Known { verdict: verdict.clone(), since: now, until });
    }
}

impl Known {
    /// Not before it was given either: then the clock has been set back, and nobody knows how old it is.
    fn counts(&self, now: OffsetDateTime) -> bool {
        self.since <= now && now < self.until
    }
}
