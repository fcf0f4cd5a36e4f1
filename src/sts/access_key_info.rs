//! GetAccessKeyInfo: which account an access key is of. Nothing is said of its state.

use super::action::GetAccessKeyInfo;
use super::audit::{Event, Who};
use super::service::Request;
use super::{Answer, Sts, StsError, key_id};
use crate::trace;
use crate::trust::{self, VerifiedCaller};
use crate::words::AccountId;

const ACTION: &str = "sts:GetAccessKeyInfo";

impl Sts {
    /// Whoever signs may ask: an id says as much to those who can read it. A policy that denies it is obeyed all the same.
    pub(super) async fn access_key_info(
        &self,
        asked: &GetAccessKeyInfo,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let around = request.surroundings();
        let found = match trust::permit(&self.catalogue, caller, ACTION, "*", &around, &mut request.trace) {
            Err(denial) if !denial.is_silence() => Err(self.caller_denied(caller, *denial, request.now)),
            Ok(()) | Err(_) => self.account_of(&asked.access_key_id),
        };
        let event = Event { name: "GetAccessKeyInfo", who: Who::Caller(caller, None), role: "", request };
        Ok(Answer::AccessKeyInfo { account: self.or_deny(found, &event).await? })
    }

    /// Of a user's key as it is listed, of a session's by its id. What others gave out is of no account here.
    fn account_of(&self, id: &str) -> Result<AccountId, StsError> {
        let of_user = self.catalogue.access_key(id).map(|(user, _)| user.arn.account());
        let told = || key_id::account(id).filter(|account| self.catalogue.account(*account).is_some());
        of_user.or_else(told).ok_or_else(|| StsError::NoSuchAccessKey { id: trace::key_id(id) })
    }
}
