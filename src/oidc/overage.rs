//! Groups that do not fit into a token (Microsoft identity platform, "Groups overage claim").
//!
//! Of somebody in more than some two hundred groups Entra signs no `groups`; it names them in `_claim_names`, or says
//! `hasgroups`, and tells in `_claim_sources` where to ask. That address has been in a stranger's hands, so it is never
//! followed: the groups are asked for where the configuration says, by the token's `oid`.

use super::directory::{Directory, DirectoryError, GroupsSource};
use super::{Discovery, OidcError, RelyingParty, VerifiedToken};
use crate::outbound::Fetcher;
use crate::trace::Trace;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use time::{Duration, OffsetDateTime};
use tokio::sync::{OnceCell, Semaphore};

/// The claims that a token has left out, and says are to be had elsewhere.
pub fn left_out(claims: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let named = claims.get("_claim_names").and_then(Value::as_object).into_iter().flatten();
    let groups = (claims.get("hasgroups") == Some(&Value::Bool(true))).then_some(GROUPS);
    named.map(|(name, _)| name.as_str()).chain(groups).filter(|name| !claims.contains_key(*name))
}

const GROUPS: &str = "groups";
/// For everything that is asked about one person, the wait for a turn included.
const TIME: std::time::Duration = std::time::Duration::from_secs(5);
/// People asked about at the same time.
const TURNS: usize = 8;
/// How long an answer is given again. A token tells of groups for an hour, so a minute makes nobody's groups old; and a
/// workload that signs in for each of its tasks must not use up what the directory allows this house.
const GOOD_FOR: Duration = Duration::MINUTE;
const BAD_FOR: Duration = Duration::seconds(5);
/// People whose groups are remembered at most.
const MOST_PEOPLE: usize = 256;

type Groups = Result<Arc<[String]>, DirectoryError>;

/// Asks the directory once for each person and minute, however many ask.
pub(super) struct GroupsDesk {
    directory: Directory,
    turns: Semaphore,
    recent: Mutex<HashMap<String, Recent>>,
}

#[derive(Clone)]
struct Recent {
    groups: Arc<OnceCell<Groups>>,
    since: OffsetDateTime,
}

impl GroupsDesk {
    pub(super) fn new(source: GroupsSource, fetcher: Fetcher) -> Self {
        let (turns, recent) = (Semaphore::new(TURNS), Mutex::default());
        Self { directory: Directory::new(source, fetcher), turns, recent }
    }

    async fn groups(&self, claims: &Map<String, Value>, discovery: &Discovery, now: OffsetDateTime) -> Groups {
        let person = object_id(claims).ok_or(DirectoryError::ObjectId)?;
        let cell = self.recent(person, now);
        cell.get_or_init(|| self.ask(person, discovery, now)).await.clone()
    }

    async fn ask(&self, person: &str, discovery: &Discovery, now: OffsetDateTime) -> Groups {
        let asking = async {
            let _turn = self.turns.acquire().await;
            self.directory.groups(person, discovery, now).await.map(Arc::from)
        };
        let late = |_| DirectoryError::TimeLimit { seconds: TIME.as_secs() };
        tokio::time::timeout(TIME, asking).await.map_err(late)?
    }

    /// The answer about a person that is still good or still to come, or room for a new one.
    fn recent(&self, person: &str, now: OffsetDateTime) -> Arc<OnceCell<Groups>> {
        let mut recent = self.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = recent.get(person).filter(|known| known.serves(now)) {
            return known.groups.clone();
        }
        if recent.len() >= MOST_PEOPLE {
            recent.retain(|_, known| known.serves(now));
        }
        if recent.len() >= MOST_PEOPLE {
            recent.clear();
        }
        let cell = Arc::<OnceCell<Groups>>::default();
        recent.insert(person.to_owned(), Recent { groups: cell.clone(), since: now });
        cell
    }
}

impl Recent {
    fn serves(&self, now: OffsetDateTime) -> bool {
        let age = now - self.since;
        match self.groups.get() {
            None => true,
            Some(Ok(_)) => age < GOOD_FOR,
            Some(Err(_)) => age < BAD_FOR,
        }
    }
}

impl RelyingParty {
    /// The token with the groups that it leaves out, where the configuration says whom to ask for them. Without that it
    /// stays as it is, and whoever reads the claim must not take it for empty.
    ///
    /// # Errors
    /// [`OidcError::Groups`], and the reason when it is not known where to ask.
    pub async fn with_groups(
        &self,
        token: VerifiedToken,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        let Some(desk) = self.groups.as_ref().filter(|_| left_out(token.claims()).any(|claim| claim == GROUPS)) else {
            return Ok(token);
        };
        // In places of their own: few tokens leave anything out.
        let discovery = Box::pin(self.discovery(now)).await?;
        let groups = Box::pin(desk.groups(token.claims(), &discovery, now)).await.map_err(OidcError::Groups)?;
        trace.pass("oidc.groups-overage", format_args!("{} groups, asked for at the directory", groups.len()));
        let groups = groups.iter().map(String::as_str).collect();
        Ok(token.with_unsigned(Map::from_iter([(GROUPS.to_owned(), groups)])))
    }
}

/// It becomes part of an address, and stays one segment of it.
fn object_id(claims: &Map<String, Value>) -> Option<&str> {
    let id = claims.get("oid")?.as_str()?;
    let fits = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    fits.then_some(id)
}
