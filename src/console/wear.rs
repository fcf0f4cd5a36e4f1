//! Choosing a role and putting it on.

use super::ConsoleError;
use super::service::{Arrived, Console, Next};
use super::session::{ConsoleSession, Original, SessionId};
use crate::catalogue::{Catalogue, Provider, Role};
use crate::store::{Verdict, Visit};
use crate::sts::{Event, Minted, Request, StsError, Who, grant, mint};
use crate::trace::Trace;
use crate::trust::{self, Asked, FederatedIdentity, RoleGrant, TrustError};
use crate::words::SessionName;
use std::sync::Arc;
use time::{Duration, OffsetDateTime};

/// A role that would really be given now.
pub struct Choice {
    pub role: Arc<Role>,
    pub session_name: SessionName,
}

/// Everything that the original identity can wear, by the very evaluation that will give it; at least one, or why none.
pub(super) fn choices(
    catalogue: &Catalogue,
    original: &Original,
    trace: &mut Trace,
) -> Result<Vec<Choice>, TrustError> {
    let mut choices = Vec::new();
    let mut refusal = None;
    for (provider, identity) in registrations(catalogue, original) {
        match trust::offers(catalogue, &provider, &identity, Asked::Anything, trace) {
            Err(error) => drop(refusal.get_or_insert(error)),
            Ok(offers) => {
                for offer in offers {
                    let choice = Choice { role: offer.role().clone(), session_name: offer.session_name().clone() };
                    match trust::decide(offer, trace) {
                        Ok(_) => choices.push(choice),
                        Err(error) => drop(refusal.get_or_insert(error)),
                    }
                }
            }
        }
    }
    choices.sort_by(|a, b| a.role.arn.cmp(&b.role.arn));
    choices.dedup_by(|a, b| a.role.arn == b.role.arn);
    match refusal {
        Some(error) if choices.is_empty() => Err(error),
        _ => Ok(choices),
    }
}

/// The identity as each account knows it. An original that is itself a role session has none: it wears what it has.
fn registrations(catalogue: &Catalogue, original: &Original) -> Vec<(Arc<Provider>, FederatedIdentity)> {
    let Original::Federated { identity, registrations } = original else { return Vec::new() };
    // A registration that has come to mean another identity provider is no longer this person's.
    let known = registrations.iter().filter_map(|arn| catalogue.provider(&arn.parse().ok()?));
    known
        .filter(|provider| provider.issuer().as_ref() == Some(&identity.issuer))
        .map(|provider| (provider.clone(), identity.at(provider)))
        .collect()
}

impl Console {
    /// Puts a role on, under a new session id; the old id is worth nothing from then on.
    pub async fn put_on(
        &self,
        id: &SessionId,
        session: ConsoleSession,
        role: &str,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let Original::Federated { identity, .. } = &session.original else {
            return Err(ConsoleError::NotAChoice(role.into()));
        };
        let granted = self.grant_for(&session.original, role, request);
        let event = Event { name: "ConsoleChooseRole", who: Who::Federated(identity), role, request };
        let minted =
            match granted.and_then(|(grant, longest)| self.mint_within(grant, longest, session.expires, request.now)) {
                Ok(minted) => minted,
                Err(error) => return Err(self.sts.deny(&event, error).await.into()),
            };
        let token = minted.credentials.session_token.expose_str().map(str::to_owned);
        let worn = ConsoleSession { worn: token, destination: None, ..session.clone() };
        let new_id = SessionId::draw(&self.sts.random);
        let visit = Visit {
            session: Some(minted.record.clone()),
            replace_console: Some((id.hash(), self.seal(&new_id, &worn))),
            audit: Some(grant(&event, &minted.session)),
            ..Visit::default()
        };
        match self.sts.store.commit(visit).await? {
            Verdict::Done => Ok(Arrived { id: new_id, next: Next::Go(session.destination), expires: session.expires }),
            // The session was ended or changed meanwhile: whoever was first has decided.
            Verdict::Spent => Err(ConsoleError::NotSignedIn),
            Verdict::Taken => Err(StsError::taken().into()),
        }
    }

    fn grant_for(
        &self,
        original: &Original,
        role: &str,
        request: &mut Request,
    ) -> Result<(RoleGrant, Option<Duration>), StsError> {
        let arn = role.parse().map_err(|_| TrustError::NoSuchRole { role: crate::trace::clip(role) })?;
        let catalogue = &self.sts.catalogue;
        let mut refusal = TrustError::NoSuchRole { role: crate::trace::clip(role) };
        for (provider, identity) in registrations(catalogue, original) {
            if provider.account() != crate::words::RoleArn::account(&arn) {
                continue;
            }
            let offered = trust::offers(catalogue, &provider, &identity, Asked::Role(&arn, None), &mut request.trace);
            let granted =
                offered.and_then(|offers| offers.into_iter().map(|o| trust::decide(o, &mut request.trace)).collect());
            match granted.map(|mut grants: Vec<RoleGrant>| grants.pop()) {
                Ok(Some(grant)) => return Ok((grant, identity.console_duration())),
                Ok(None) => {}
                Err(error) => refusal = error,
            }
        }
        Err(refusal.into())
    }

    /// As long as the role allows, but no longer than the assertion said or the console session lasts.
    fn mint_within(
        &self,
        grant: RoleGrant,
        asserted: Option<Duration>,
        end: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Result<Minted, StsError> {
        let longest = asserted.map_or(grant.longest(), |asserted| asserted.min(grant.longest()));
        mint(grant, Some(longest.min(end - now)), now, &self.sts.keys, &self.sts.random)
    }
}
