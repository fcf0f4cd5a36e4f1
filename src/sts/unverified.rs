//! Papers before and after they are looked at: their turn, and what those wait for whose papers do not hold.

use super::service::Request;
use super::{Sts, StsError};
use crate::limits::{Crowded, Turn};
use crate::oidc::OidcError;
use crate::oidc::social::SocialError;
use crate::trace::Refusal;
use crate::trust::Counted;
use crate::words::iso;
use std::hash::Hash;
use std::time::Duration;
use time::OffsetDateTime;

/// A refusal that ends a request, and into which the limits put theirs.
pub trait Ending: Refusal + From<StsError> {
    /// Whether a paper did not hold. Not so if nobody could tell, or if it held and its bearer may not.
    fn is_of_the_paper(&self) -> bool;

    /// Whether somebody's papers or signature had been verified when it was refused: then it is written in the book,
    /// else it is only counted.
    fn is_of_a_verified_principal(&self) -> bool;
}

impl Sts {
    /// A turn at having papers of this sender looked at. For what costs this machine time; whoever waits for others
    /// outside holds none.
    pub async fn turn(&self, request: &Request) -> Result<Turn<'_>, StsError> {
        let turn = self.limits.turn(request.sender(), self.clock.steady()).await;
        turn.map_err(|Crowded| StsError::Busy)
    }

    /// Counts what came of a paper, which is known by `paper` if it held. A refusal leaves when its time has come; beyond
    /// so many only that there are too many is said.
    pub async fn judged<T, E: Ending, P: Hash>(
        &self,
        outcome: Result<T, E>,
        paper: impl FnOnce(&T) -> P,
        request: &mut Request,
    ) -> Result<T, E> {
        let (sender, now) = (request.sender(), self.clock.steady());
        let wait = match &outcome {
            Ok(held) => {
                self.limits.verified(sender, paper(held), now);
                Some(Duration::ZERO)
            }
            Err(error) if error.is_of_the_paper() => {
                let wait = self.limits.failed(sender, now);
                if wait.is_none() {
                    request.trace.note("limits.failures", format_args!("it did not hold: {}", error.code().name()));
                }
                wait
            }
            Err(_) => Some(Duration::ZERO),
        };
        let wait = wait.ok_or(StsError::TooManyFailures)?;
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        outcome
    }

    /// A paper from before the store was put back is not believed: it may have been used, or barred, since the copy was made.
    /// Its issuer's clock may be ahead by `skew`.
    pub fn believed(&self, issued: OffsetDateTime, skew: time::Duration) -> Result<(), StsError> {
        match self.revocations.former_until(skew) {
            Some(until) if issued < until => Err(StsError::BeforeRestore { issued: iso(issued), until: iso(until) }),
            _ => Ok(()),
        }
    }

    /// Counts a request of somebody known.
    pub fn paced(&self, who: &Counted<'_>) -> Result<(), StsError> {
        let admitted = self.limits.principal(who, self.clock.steady());
        if admitted { Ok(()) } else { Err(StsError::TooManyRequests) }
    }
}

impl Ending for StsError {
    fn is_of_the_paper(&self) -> bool {
        match self {
            Self::Oidc(error) => !error.is_unreachable() && *error != OidcError::Pace,
            Self::Social(error) => !error.is_unreachable() && !matches!(error, SocialError::Pace { .. }),
            Self::Saml(_)
            | Self::Attribute(_)
            | Self::UnknownIdentityProvider { .. }
            | Self::UnknownIssuer { .. }
            | Self::UnknownProviderId { .. }
            | Self::VerifierFailed => true,
            _ => false,
        }
    }

    fn is_of_a_verified_principal(&self) -> bool {
        if let Self::Forward(error) = self {
            return error.is_of_a_principal();
        }
        matches!(
            self,
            Self::Trust(_)
                | Self::CallerDenied { .. }
                | Self::Former { .. }
                | Self::SessionCredentials
                | Self::Mfa(_)
                | Self::NotThatProvider { .. }
                | Self::NoSuchProvider { .. }
                | Self::DurationAboveMaximum { .. }
                | Self::ChainedDuration { .. }
                | Self::SessionPolicies(_)
                | Self::PackedTooLarge { .. }
                | Self::SessionTooLarge { .. }
                | Self::InvalidMessage(_)
                | Self::Issuer(_)
                | Self::NoSuchAccessKey { .. }
                | Self::Replayed
                | Self::LoggedOut
                | Self::PaperBarred
                | Self::PersonBarred
                | Self::NothingLeft
        )
    }
}
