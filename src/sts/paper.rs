//! Papers as the store knows them: never themselves, and so that whoever writes them another way writes the same.

use crate::store::PaperRecord;
use crate::trust::{FederatedIdentity, Paper};
use crate::words::{LONGEST_CONSOLE_SESSION, MOST_CLOCK_SKEW, hex};
use aws_lc_rs::digest::{Context, SHA256};
use time::{Duration, OffsetDateTime};

/// For papers that do not say themselves when they end, as access tokens: longer than any network's live.
const LONGEST: Duration = Duration::days(90);

/// An ID token is known by what its signature is over, an assertion by its issuer and id.
pub(super) fn paper_record(identity: &FederatedIdentity, now: OffsetDateTime) -> PaperRecord {
    let hash = match &identity.paper {
        Paper::Token { digest, .. } => digest.clone(),
        Paper::Assertion { id, .. } => {
            let mut context = Context::new(&SHA256);
            context.update(&(identity.issuer.len() as u64).to_be_bytes());
            context.update(identity.issuer.as_bytes());
            context.update(id.as_bytes());
            hex(context.finish().as_ref())
        }
    };
    // Whoever signed in by a paper chooses roles with it for as long, whether or not it has ended.
    let least = (now + LONGEST_CONSOLE_SESSION).unix_timestamp();
    let said = number(identity, "exp").map(|exp| exp.saturating_add(MOST_CLOCK_SKEW.whole_seconds()).max(least));
    PaperRecord { hash, ends: said.unwrap_or_else(|| (now + LONGEST).unix_timestamp()), issued: None }
}

/// When a token was issued, as it says; an assertion says nothing in this way.
pub(super) fn issued(identity: &FederatedIdentity) -> Option<i64> {
    number(identity, "iat")
}

fn number(identity: &FederatedIdentity, claim: &str) -> Option<i64> {
    identity.claims.get(claim)?.as_f64().map(|seconds| seconds as i64)
}
