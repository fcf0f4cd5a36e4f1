//! May a caller do what the house itself offers beside the STS?

use super::audit::{Event, Who};
use super::service::Request;
use super::{Sts, StsError};
use crate::trust::{self, VerifiedCaller};

impl Sts {
    /// By the caller's own policies, which alone speak of what is the house's. A denial is in the book when this returns,
    /// under the action's name.
    pub async fn permit(
        &self,
        caller: &VerifiedCaller,
        action: &'static str,
        resource: &str,
        request: &mut Request,
    ) -> Result<(), StsError> {
        let around = request.surroundings();
        let permitted = trust::permit(&self.catalogue, caller, action, resource, &around, &mut request.trace)
            .map_err(|denial| self.caller_denied(caller, *denial, request.now));
        let name = action.split_once(':').map_or(action, |(_, name)| name);
        self.or_deny(permitted, &Event { name, who: Who::Caller(caller, None), role: "", request }).await
    }

    /// The same, to know what to offer them: nothing was asked for, so nothing is denied.
    pub fn would_permit(
        &self,
        caller: &VerifiedCaller,
        action: &'static str,
        resource: &str,
        request: &Request,
    ) -> bool {
        let (around, mut trace) = (request.surroundings(), crate::trace::Trace::new(""));
        trust::permit(&self.catalogue, caller, action, resource, &around, &mut trace).is_ok()
    }
}
