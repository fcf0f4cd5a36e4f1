//! SerialNumber and TokenCode: the second factor of a user who signs.

use super::action::SecondFactor;
use super::service::Request;
use super::{Sts, StsError};
use crate::catalogue::User;
use crate::store::{Attempt, Attempted, Shown};
use crate::trace::{Code, Refusal};
use crate::trust::VerifiedCaller;
use crate::words::{Secret, iso};
use time::OffsetDateTime;

/// In the order of the checks. The code itself is nowhere.
#[derive(Debug, thiserror::Error)]
pub enum MfaError {
    #[error("SerialNumber and TokenCode must come together, and one came without the other")]
    Incomplete,
    #[error("{serial} is not the caller's device")]
    Device { serial: String, own: Option<String> },
    #[error("the code is not one that the device shows now")]
    WrongCode { at: OffsetDateTime },
    #[error("the code, or a later one, has been used before")]
    ReusedCode { at: OffsetDateTime },
    #[error("the device is locked after too many wrong codes")]
    Locked { until: i64 },
}

impl Sts {
    /// Whether the caller showed a second factor with this request; one that does not hold is a refusal. It is looked at
    /// before anything else is decided, as at AWS, and a right code is used up by that, whatever becomes of the request:
    /// a code that had to be good for something to be used up could be tried at one role after another.
    pub(super) async fn second_factor(
        &self,
        factor: &SecondFactor,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<bool, StsError> {
        let (serial, code) = match (&factor.serial, &factor.code) {
            (None, None) => return Ok(false),
            (Some(serial), Some(code)) => (serial, code),
            _ => return Err(MfaError::Incomplete.into()),
        };
        let device = caller.user().and_then(|user| Some((user, user.mfa.as_ref()?)));
        let Some((user, _)) = device.filter(|(_, device)| device.serial.as_str() == serial) else {
            let own = device.map(|(_, device)| device.serial.to_string());
            let serial = factor.device().unwrap_or_default().to_owned();
            return Err(MfaError::Device { serial, own }.into());
        };
        self.accept_code(user, code, request).await?;
        Ok(true)
    }

    /// Uses up a code of the user's device.
    pub async fn accept_code(&self, user: &User, code: &Secret, request: &mut Request) -> Result<(), StsError> {
        let at = request.now;
        let Some(device) = &user.mfa else { return Err(MfaError::WrongCode { at }.into()) };
        let step = code.expose_str().and_then(|code| device.secret.step_of(code, at));
        let shown = step.map_or(Shown::WrongCode, |step| Shown::Code { step });
        // Whoever shows a code has proven something before it, so that each refusal is in the book anyway.
        let attempt = Attempt { user: user.arn.clone(), shown, now: at.unix_timestamp(), if_it_locks: None };
        match self.store.attempt(attempt).await? {
            Attempted::Accepted => {
                request.trace.pass("sts.mfa", &device.serial);
                Ok(())
            }
            Attempted::Wrong => Err(MfaError::WrongCode { at }.into()),
            Attempted::Reused => Err(MfaError::ReusedCode { at }.into()),
            Attempted::Locked { until } => Err(MfaError::Locked { until }.into()),
        }
    }
}

impl Refusal for MfaError {
    fn code(&self) -> Code {
        match self {
            Self::Incomplete => Code::StsMfaIncomplete,
            Self::Device { .. } => Code::StsMfaDevice,
            Self::WrongCode { .. } => Code::StsMfaWrongCode,
            Self::ReusedCode { .. } => Code::StsMfaReusedCode,
            Self::Locked { .. } => Code::StsMfaLocked,
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Incomplete => None,
            Self::Device { own: Some(own), .. } => Some(own.clone()),
            Self::Device { own: None, .. } => Some("a user who has a device".into()),
            Self::WrongCode { at } => Some(format!("a code of {} or half a minute beside it", iso(*at))),
            Self::ReusedCode { .. } => Some("a code later than any before".into()),
            Self::Locked { until } => {
                OffsetDateTime::from_unix_timestamp(*until).ok().map(|end| format!("none before {}", iso(end)))
            }
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Device { serial, .. } => Some(serial.clone()),
            _ => None,
        }
    }
}
