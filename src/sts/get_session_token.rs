//! GetSessionToken: a user's own credentials for a while, so that the long-lived key can stay where it is kept and a
//! code need not be typed for every role.

use super::action::GetSessionToken;
use super::audit::{self, Event, Who};
use super::mint::mint_for_user;
use super::service::Request;
use super::{Answer, Credentials, Keys, Sts, StsError};
use crate::store::{SessionRecord, Verdict, Visit};
use crate::trust::{Caller, UserSession, VerifiedCaller};
use time::Duration;

const DEFAULT: Duration = Duration::hours(12);

impl Sts {
    pub(super) async fn get_session_token(
        &self,
        asked: &GetSessionToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let made = self.session_for(asked, caller, request).await;
        let who = Who::Caller(caller, asked.factor.serial.as_deref());
        let event = Event { name: "GetSessionToken", who, role: "", request };
        let recorded = match made {
            Ok((session, credentials, record)) => {
                self.record_own(record, &session, &event).await.map(|()| Answer::SessionToken(credentials))
            }
            Err(error) => Err(error),
        };
        match recorded {
            Ok(answer) => Ok(answer),
            Err(error) => Err(self.deny(&event, error).await),
        }
    }

    async fn session_for(
        &self,
        asked: &GetSessionToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<(UserSession, Credentials, SessionRecord), StsError> {
        let Caller::User { user, access_key_id } = caller.who() else { return Err(StsError::SessionCredentials) };
        let fresh_code = self.second_factor(&asked.factor, caller, request).await?;
        let issued = request.now.replace_nanosecond(0).unwrap_or(request.now);
        let session = UserSession {
            access_key_id: Keys::draw_access_key_id(&self.random),
            user: user.arn.to_string(),
            made_with: access_key_id.clone(),
            issued,
            expires: issued + asked.duration.unwrap_or(DEFAULT),
            mfa_at: fresh_code.then_some(issued),
        };
        let (credentials, record) = mint_for_user(&session, &self.keys, &self.random)?;
        Ok((session, credentials, record))
    }

    async fn record_own(
        &self,
        record: SessionRecord,
        session: &UserSession,
        event: &Event<'_>,
    ) -> Result<(), StsError> {
        let audit = Some(audit::grant_to_user(event, session));
        match self.store.commit(Visit { session: Some(record), audit, ..Visit::default() }).await? {
            Verdict::Done => Ok(()),
            Verdict::Taken | Verdict::Spent | Verdict::LoggedOut => Err(StsError::taken()),
        }
    }
}
