//! GetWebIdentityToken: a token that tells others who the caller is, for services that know the issuer and not the
//! caller's credentials. It is no session: nothing here is signed with it, and it ends by itself within the hour.

use super::action::GetWebIdentityToken;
use super::audit::{self, Event, Who};
use super::service::Request;
use super::{Answer, Sts, StsError, token_claims};
use crate::issuer::{Draft, Issued};
use crate::store::Visit;
use crate::trust::{self, TokenWish, VerifiedCaller};
use time::Duration;

const DEFAULT: Duration = Duration::minutes(5);

impl Sts {
    pub(super) async fn get_web_identity_token(
        &self,
        asked: &GetWebIdentityToken,
        caller: &VerifiedCaller,
        request: &mut Request,
    ) -> Result<Answer, StsError> {
        let lifetime = asked.duration.unwrap_or(DEFAULT);
        let (audiences, algorithm) = (asked.audiences.as_slice(), asked.algorithm.name());
        let wish = TokenWish { audiences, algorithm, seconds: lifetime.whole_seconds(), tags: &asked.tags };
        let signed = self.sign_for(asked, caller, &wish, request);
        let event = Event { name: "GetWebIdentityToken", who: Who::Caller(caller, None), role: "", request };
        let issued = self.or_deny(signed, &event).await?;
        // The token leaves only after its record is durable.
        let audit = Some(audit::token(&event, &wish, &issued));
        self.store.commit(Visit { audit, ..Visit::default() }).await?;
        Ok(Answer::WebIdentityToken(issued.token, issued.expires))
    }

    fn sign_for(
        &self,
        asked: &GetWebIdentityToken,
        caller: &VerifiedCaller,
        wish: &TokenWish<'_>,
        request: &mut Request,
    ) -> Result<Issued, StsError> {
        let around = request.surroundings();
        trust::permit_token(&self.catalogue, caller, wish, &around, &mut request.trace)
            .map_err(|denial| self.caller_denied(caller, *denial, request.now))?;
        // A session is its role to others, as at AWS; who wears it, its source identity and tags tell.
        let subject = caller.role_session().map_or_else(|| caller.arn(), |session| session.role.clone());
        let (tags, session) = (caller.tags(&self.catalogue), caller.role_session());
        let mut about = token_claims::about(caller.account(), &subject, tags, session, &request.region);
        if !asked.tags.is_empty() {
            about.insert("request_tags".into(), token_claims::map(asked.tags.iter()));
        }
        let draft = Draft {
            subject: &subject,
            audiences: &asked.audiences,
            algorithm: asked.algorithm,
            lifetime: Duration::seconds(wish.seconds),
            session_ends: caller.expires(),
            about,
            id: self.random.uuid(),
        };
        self.sign(draft, request)
    }

    /// What the house itself says of somebody.
    pub(super) fn sign(&self, draft: Draft<'_>, request: &mut Request) -> Result<Issued, StsError> {
        let issued = self.issuer.issue(draft, request.now)?;
        request.trace.pass("issuer.token", format!("{} signed with {}", issued.id, issued.key_id));
        Ok(issued)
    }
}
