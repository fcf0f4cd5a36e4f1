//! The one way from a verified paper to a role's session, whatever the paper is and wherever it came.

use super::action::SessionPolicyWish;
use super::audit::{Event, Who};
use super::service::Request;
use super::{Minted, Sts, StsError, mint};
use crate::catalogue::Provider;
use crate::store::Redemption;
use crate::trust::{self, Asked, Asking, Asks, FederatedIdentity, Paper, Surroundings};
use crate::words::{RoleArn, SessionName};
use time::Duration;

/// What the bearer of a paper wishes for.
pub(super) struct RoleWish {
    pub(super) role: RoleArn,
    /// As the session is to be called; an assertion names its own.
    pub(super) session_name: Option<SessionName>,
    pub(super) policies: SessionPolicyWish,
    pub(super) duration: Option<Duration>,
    pub(super) token_size: usize,
    /// For whom a token about the session is to be signed, if that is wanted in place of its credentials.
    pub(super) audiences: Option<Vec<String>>,
}

impl Sts {
    /// Gives the role, if the provider's side and the role's both agree. Session, redemptions and audit record are durable
    /// when this returns; so is the record of a denial. `whose` is [`FederatedIdentity::whose`] of the bearer, and `name` that
    /// of the STS's action.
    pub(super) async fn give(
        &self,
        (provider, identity, whose): (&Provider, &FederatedIdentity, String),
        wish: &RoleWish,
        redeem: Vec<Redemption>,
        name: &'static str,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        // Before the paper is used up: whoever is told to come again must find it good.
        self.paced(&identity.counted_as())?;
        let duration = shortened(wish.duration, &identity.paper);
        let around = request.surroundings();
        let minted = self.mint_for_bearer((provider, identity, whose), wish, duration, &around, request);
        let event = Event { name, who: Who::Federated(identity), role: wish.role.as_str(), request };
        let minted = self.record(minted, redeem, &event).await;
        let asks = Asks::for_role(&wish.role, wish.session_name.as_ref(), duration, &wish.policies.managed);
        let question = Asking::of_federated(&self.catalogue, provider, identity, asks, &around);
        self.remember(question, minted.as_ref().map(|_| ()), request);
        minted
    }

    fn mint_for_bearer(
        &self,
        (provider, identity, whose): (&Provider, &FederatedIdentity, String),
        wish: &RoleWish,
        duration: Option<Duration>,
        around: &Surroundings,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let wanted = Asked::Role(&wish.role, wish.session_name.as_ref());
        request.trace.enter(Some(provider.account().as_str()));
        let (metrics, trace) = (Some(&*self.metrics), &mut request.trace);
        let offers = trust::offers(&self.catalogue, provider, identity, wanted, around, metrics, trace)?;
        let offer = offers.into_iter().next().ok_or(StsError::NothingLeft)?;
        let limits = self.session_policies(&wish.policies, wish.role.account())?;
        let grant = trust::decide(offer, &mut request.trace)?.limited_by(limits);
        request.trace.enter(None);
        let minted = mint(grant, duration, request.now, &self.keys, &self.random)?;
        let minted = minted.proven_by((identity, whose), &self.keys, request.now);
        let minted = if provider.logout_revokes() { minted.unless_logged_out(identity) } else { minted };
        match &wish.audiences {
            None => minted.with_token_of(wish.token_size, &self.keys, &self.random),
            Some(audiences) => self.told_to(audiences, &wish.role, minted, request),
        }
    }
}

/// The assertion's SessionDuration can only shorten what the caller asks for (AWS, "Configure SAML assertions").
fn shortened(asked: Option<Duration>, paper: &Paper) -> Option<Duration> {
    let Paper::Assertion { session_duration: Some(seconds), .. } = paper else { return asked };
    let least = Duration::seconds(*seconds);
    Some(asked.unwrap_or(Duration::HOUR).min(least))
}
