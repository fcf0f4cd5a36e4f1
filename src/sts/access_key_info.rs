//! GetAccessKeyInfo: which account an access key is of. Nothing is said of its state.

use super::action::GetAccessKeyInfo;
use super::audit::{Event, Who};
use super::service::Request;
use super::{Answer, Sts, StsError, key_id};
use crate::trust::VerifiedCaller;
use crate::words::AccountId;

impl Sts {
    pub(super) async fn access_key_info(
        &self,
        asked: &GetAccessKeyInfo,
        caller: &VerifiedCaller,
        request: &Request,
    ) -> Result<Answer, StsError> {
        match self.account_of(&asked.access_key_id) {
            Some(account) => Ok(Answer::AccessKeyInfo { account }),
            None => {
                let error = StsError::NoSuchAccessKey { id: asked.access_key_id.clone() };
                let who = Who::Caller(caller, None);
                Err(self.deny(&Event { name: "GetAccessKeyInfo", who, role: "", request }, error).await)
            }
        }
    }

    /// Of a user's key as it is listed, of a session's by its id. What others gave out is of no account here.
    fn account_of(&self, id: &str) -> Option<AccountId> {
        let of_user = self.catalogue.access_key(id).map(|(user, _)| user.arn.account());
        of_user.or_else(|| key_id::account(id).filter(|account| self.catalogue.account(*account).is_some()))
    }
}
