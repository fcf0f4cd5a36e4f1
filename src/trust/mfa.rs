//! Whether somebody used more than one factor, and how long ago.
//!
//! Users do so with codes of their own device, and both keys are there as at AWS ([`Factors::of_caller`]).
//!
//! Of people who came through an identity provider AWS knows none: there the two keys are absent for all of them. Here
//! the provider's `mfa` expression decides. Where there is one and it does not hold, `aws:MultiFactorAuthPresent` is
//! "false" and not absent: we do know, and a statement that denies with `Bool` is not opened by our silence. Without an
//! expression nothing is known, and both keys are absent as at AWS. The age counts from the authentication, not from the
//! assertion or the console session, and is there only with a second factor.

use super::reading::Reading;
use super::{Caller, FederatedIdentity, TrustError, VerifiedCaller};
use crate::catalogue::Provider;
use crate::policy::{Context, Gathering};
use crate::trace::{Outcome, Step, Trace};
use crate::words::MOST_CLOCK_SKEW;
use time::{Duration, OffsetDateTime};

/// What is known of the factors that somebody used.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(super) struct Factors {
    /// `None`: the provider has no expression that would tell.
    second: Option<bool>,
    age: Option<Duration>,
}

const PRESENT: &str = "aws:multifactorauthpresent";
const AGE: &str = "aws:multifactorauthage";

impl Factors {
    /// Just now, with a second factor.
    pub(super) const FRESH: Self = Self { second: Some(true), age: Some(Duration::ZERO) };
    /// It is known that there is but one.
    pub(super) const ONE: Self = Self { second: Some(false), age: None };

    /// An expression that cannot be evaluated for these claims has not shown a second factor.
    pub(super) fn of(
        provider: &Provider,
        identity: &FederatedIdentity,
        reading: &Reading<'_>,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Self {
        let Some(mfa) = &provider.mfa else { return Self::default() };
        let holds = match reading.holds(&mfa.expression) {
            Ok(holds) => holds,
            Err(why) => {
                trace.refuse(&TrustError::MfaFailed { provider: provider.arn.to_string(), why });
                false
            }
        };
        // No provider's clock may be off by more; who authenticates later than that did so at a time that means nothing.
        let since = identity.authenticated_at.filter(|at| *at <= now.saturating_add(MOST_CLOCK_SKEW));
        let age = since.filter(|_| holds).map(|at| (now - at).max(Duration::ZERO));
        let told = match (holds, age) {
            (true, Some(age)) => format!("a second factor, {} s ago", age.whole_seconds()),
            (true, None) => "a second factor, nobody says when".to_owned(),
            (false, _) => "no second factor".to_owned(),
        };
        trace.push(Step::new("trust.mfa", Outcome::Note).expected(mfa.expression.text()).received(told));
        Self { second: Some(holds), age }
    }

    /// Of somebody who signed; `fresh_code` says that a code of their device came with this very request. Long-lived keys
    /// without one leave both keys absent, and not "false" (AWS: a `Bool` that denies does not reach them, a
    /// `BoolIfExists` does). A second factor counts for the request that assumes a role, never for what the role's session
    /// does later; and no federated user has shown one.
    pub(super) fn of_caller(caller: &VerifiedCaller, fresh_code: bool, now: OffsetDateTime) -> Self {
        let since = match caller.who() {
            _ if fresh_code => return Self::FRESH,
            Caller::User { .. } => return Self::default(),
            Caller::UserSession { session, .. } => session.mfa_at,
            Caller::SignedIn { at, .. } => Some(*at),
            // In a browser that of the sign-in counts for what is switched to.
            Caller::RoleSession { .. } => return caller.signed_in_with().map_or(Self::ONE, |with| with.factors),
            Caller::FederatedUser { .. } => None,
        };
        Self { second: Some(since.is_some()), age: since.map(|at| (now - at).max(Duration::ZERO)) }
    }

    pub(super) fn is_second(self) -> bool {
        self.second == Some(true)
    }

    /// Whether going back to the provider could change anything.
    pub(super) fn can_improve(self) -> bool {
        self.second.is_some() && self != Self::FRESH
    }

    pub(super) fn tell(self, context: &mut Gathering<'_>) -> Result<(), TrustError> {
        if let Some(second) = self.second {
            context.one(PRESENT, || second.to_string())?;
        }
        if let Some(age) = self.age {
            context.one(AGE, || age.whole_seconds().to_string())?;
        }
        Ok(())
    }

    /// Puts these factors in the place of the real ones.
    pub(super) fn pretend(self, context: &mut Context) {
        context.replace_one(PRESENT, self.second.map(|second| second.to_string()));
        context.replace_one(AGE, self.age.map(|age| age.whole_seconds().to_string()));
    }
}
