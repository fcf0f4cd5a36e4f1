//! GetWebIdentityToken: a token that tells others who the caller is, for services that know the issuer and not the
//! caller's credentials. It is no session: nothing here is signed with it, and it ends by itself within the hour.

use super::action::GetWebIdentityToken;
use super::audit::{self, Event, Who};
use super::service::Request;
use super::{Answer, Sts, StsError};
use crate::issuer::{Draft, Issued};
use crate::store::Visit;
use crate::trust::{self, RoleSession, TokenWish, VerifiedCaller};
use crate::words::{SessionTag, iso};
use serde_json::{Map, Value, json};
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
        match signed {
            Ok(issued) => {
                // The token leaves only after its record is durable.
                let audit = Some(audit::token(&event, &wish, &issued));
                self.store.commit(Visit { audit, ..Visit::default() }).await?;
                Ok(Answer::WebIdentityToken(issued.token, issued.expires))
            }
            Err(error) => Err(self.deny(&event, error).await),
        }
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
        let mut about = about(caller.account().as_str(), &subject, caller.tags(&self.catalogue), caller.role_session());
        about.insert("source_region".into(), json!(request.region));
        if !asked.tags.is_empty() {
            about.insert("request_tags".into(), map(asked.tags.iter()));
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
        let issued = self.issuer.issue(draft, request.now)?;
        request.trace.pass("issuer.token", format!("{} signed with {}", issued.id, issued.key_id));
        Ok(issued)
    }
}

/// What AWS tells of whoever asks (IAM User Guide, "Understanding token claims"), as far as there is such a thing here.
fn about<'a>(
    account: &str,
    principal: &str,
    tags: impl Iterator<Item = &'a SessionTag>,
    session: Option<&RoleSession>,
) -> Map<String, Value> {
    let mut about = Map::new();
    about.insert("aws_account".into(), json!(account));
    about.insert("principal_id".into(), json!(principal));
    let tags = map(tags);
    if tags.as_object().is_some_and(|tags| !tags.is_empty()) {
        about.insert("principal_tags".into(), tags);
    }
    let Some(session) = session else { return about };
    about.insert("original_session_exp".into(), json!(iso(session.expires)));
    about.extend(session.provider.iter().map(|arn| ("federated_provider".into(), json!(arn))));
    about.extend(session.carried.source_identity.iter().map(|id| ("source_identity".into(), json!(id.as_str()))));
    about
}

fn map<'a>(tags: impl Iterator<Item = &'a SessionTag>) -> Value {
    Value::Object(tags.map(|tag| (tag.key.clone(), json!(tag.value))).collect())
}
