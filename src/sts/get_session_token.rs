//! GetSessionToken: a user's own credentials for a while, so that the long-lived key can stay where it is kept and a
//! code need not be typed for every role.

use super::action::GetSessionToken;
use super::audit::{self, Event, Who};
use super::mint::mint_for_user;
use super::service::Request;
use super::{Answer, Credentials, MOST_DRAWS, Sts, StsError, key_id};
use crate::catalogue::AccessKey;
use crate::store::{Verdict, Visit};
use crate::trust::{Caller, Session, UserSession, VerifiedCaller};
use crate::words::AccountId;
use time::Duration;

const DEFAULT: Duration = Duration::hours(12);

impl Sts {
    pub(super) async fn get_session_token(
        &self,
        asked: &GetSessionToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let begun = self.begin(asked, caller, request).await;
        let who = Who::Caller(caller, asked.factor.device());
        let event = Event { name: "GetSessionToken", who, role: "", request };
        let taken = match begun {
            Ok(session) => self.take(Session::User(session), asked.token_size, caller.account(), &event).await,
            Err(error) => Err(error),
        };
        Ok(Answer::SessionToken(self.or_deny(taken, &event).await?))
    }

    /// A session that wants nothing but its access key id.
    async fn begin(
        &self,
        asked: &GetSessionToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<UserSession, StsError> {
        let Caller::User { user, access_key_id } = caller.who() else { return Err(StsError::SessionCredentials) };
        let key = user.access_keys.iter().find(|key| key.id == *access_key_id);
        let fresh_code = self.second_factor(&asked.factor, caller, request).await?;
        let issued = request.now.replace_nanosecond(0).unwrap_or(request.now);
        Ok(UserSession {
            access_key_id: String::new(),
            user: user.arn.to_string(),
            made_with: access_key_id.clone(),
            key_fingerprint: key.map(AccessKey::fingerprint).unwrap_or_default().to_owned(),
            issued,
            expires: issued + asked.duration.unwrap_or(DEFAULT),
            mfa_at: fresh_code.then_some(issued),
            device: user.mfa.as_ref().filter(|_| fresh_code).map(|device| device.fingerprint().to_owned()),
        })
    }

    /// Puts a session that a user makes on record, under an id that is nobody else's; only then may the credentials leave.
    pub(super) async fn take(
        &self,
        mut session: Session,
        token_size: usize,
        account: AccountId,
        event: &Event<'_>,
    ) -> Result<Credentials, StsError> {
        self.gives(event.request.now)?;
        for _ in 0..MOST_DRAWS {
            let id = key_id::draw(account, event.request.now, &self.random);
            session = session.under(id);
            let (credentials, record) = mint_for_user(&session, token_size, &self.keys, &self.random)?;
            let audit = Some(audit::grant_to_user(event, &session));
            match self.store.commit(Visit { session: Some(record), audit, ..Visit::default() }).await? {
                Verdict::Done => return Ok(credentials),
                Verdict::Taken | Verdict::Spent | Verdict::LoggedOut | Verdict::Barred(_) => {}
            }
        }
        Err(StsError::taken())
    }
}
