//! Where access tokens are handed in.

use super::verdicts::{Verdict, Verdicts};
use super::{SocialError, SocialNetwork, UnverifiedAccess, VerifiedAccess};
use crate::oidc::pace::Pace;
use crate::outbound::Fetcher;
use crate::trace::Trace;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use time::OffsetDateTime;
use tokio::sync::watch;

/// One account's app at one network. Owns what is remembered of its tokens; shared behind an `Arc`.
pub struct AccessDesk {
    network: SocialNetwork,
    fetcher: Fetcher,
    state: Mutex<State>,
}

/// Behind one lock, never held across a wait: a token that is not yet known has either a flight or its turn at one.
#[derive(Default)]
struct State {
    verdicts: Verdicts,
    flights: HashMap<[u8; 32], Flight>,
    pace: Pace,
}

/// The verdict that is being asked for, once it is there.
type Flight = watch::Receiver<Option<Verdict>>;

enum Boarded {
    Known(Verdict),
    Flying(Flight),
}

impl AccessDesk {
    pub fn new(network: SocialNetwork, fetcher: Fetcher) -> Arc<Self> {
        Arc::new(Self { network, fetcher, state: Mutex::default() })
    }

    pub fn network(&self) -> &SocialNetwork {
        &self.network
    }

    /// Asks the network about the token, or recalls what it said. `source` is who is counted as one sender.
    ///
    /// # Errors
    /// Every [`SocialError`] but [`SocialError::Form`], unless the network itself says that it is none of its tokens.
    pub async fn verify(
        self: &Arc<Self>,
        token: UnverifiedAccess,
        source: &str,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<Arc<VerifiedAccess>, SocialError> {
        let verdict = match self.board(token, source, now)? {
            Boarded::Known(verdict) => {
                trace.note("social.verdict", "the network was asked about this token a moment ago");
                verdict
            }
            Boarded::Flying(flight) => self.landed(flight).await,
        };
        let access = verdict?;
        // Whoever joined a flight came later than its question.
        if let Some(end) = access.ends().filter(|end| *end <= now) {
            return Err(SocialError::Expired { end: end.unix_timestamp(), now: now.unix_timestamp() });
        }
        self.state().pace.succeeded(source, now);
        trace.pass("social.app", access.audience());
        trace.pass("social.person", access.subject());
        Ok(access)
    }

    /// What is known of this token, or its flight: one that is under way, or a new one. A flight is a task of its own: a
    /// caller that goes away must not take the answer with it, or callers that come and go would cause one call each.
    fn board(
        self: &Arc<Self>,
        token: UnverifiedAccess,
        source: &str,
        now: OffsetDateTime,
    ) -> Result<Boarded, SocialError> {
        let (desk, digest, source) = (self.clone(), token.digest, source.to_owned());
        let mut state = self.state();
        if let Some(known) = state.verdicts.of(&digest, now) {
            return Ok(Boarded::Known(known));
        }
        if let Some(flight) = state.flights.get(&digest) {
            return Ok(Boarded::Flying(flight.clone()));
        }
        if !state.pace.admits(&source, now) {
            return Err(SocialError::Pace { network: self.network.provider_id() });
        }
        let (landing, flight) = watch::channel(None);
        state.flights.insert(digest, flight.clone());
        tokio::spawn(async move {
            let asked = tokio::spawn(desk.clone().ask(token, source, now)).await;
            let mut state = desk.state();
            state.flights.remove(&digest);
            if let Ok(verdict) = asked {
                state.verdicts.keep(digest, &verdict, now);
                landing.send_replace(Some(verdict));
            }
        });
        Ok(Boarded::Flying(flight))
    }

    /// A flight ends by itself: two calls of five seconds.
    async fn landed(&self, mut flight: Flight) -> Verdict {
        let verdict = flight.wait_for(Option::is_some).await.ok().and_then(|verdict| verdict.clone());
        let what = self.network.provider_id();
        verdict.unwrap_or_else(|| Err(SocialError::Undecided { what, why: "the question was broken off".to_owned() }))
    }

    async fn ask(self: Arc<Self>, token: UnverifiedAccess, source: String, now: OffsetDateTime) -> Verdict {
        let text = token.text.expose_str().unwrap_or_default();
        let seen = self.network.introspect(&self.fetcher, text, now).await?;
        self.state().pace.follows_up(&source, now);
        let vouched = self.network.confirm(&self.fetcher, text, seen).await?;
        Ok(Arc::new(VerifiedAccess { vouched, digest: token.digest }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
