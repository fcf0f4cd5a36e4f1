//! Token exchange (RFC 8693): a paper for credentials of a role, or for a token that tells others of the role's session.
//!
//! The papers are those of AssumeRoleWithSAML and AssumeRoleWithWebIdentity, verified, redeemed, decided on and recorded
//! as there; an assertion that was used at one is used at the other. A token in place of credentials is what the role could
//! ask for with them, so it needs what GetWebIdentityToken needs: the role must be allowed to be told of to those audiences.
//! One that is for this house alone proves like a presigned GetCallerIdentity who somebody has become, and needs no permission,
//! though a policy that denies it is heeded. Its subject is the session, where GetWebIdentityToken's is the role, so that
//! neither is taken for the other; and as others will believe it, nothing in it is of the bearer's choice.

use super::action::SessionPolicyWish;
use super::assertion::Arrival;
use super::role_wish::RoleWish;
use super::service::Request;
use super::{Accepted, Credentials, Minted, Sts, StsError, token_claims};
use crate::issuer::{Draft, Exchange, ExchangeError, Issue, Issued, SigningAlgorithm, SubjectToken};
use crate::oidc::social::SocialError;
use crate::trace::Trace;
use crate::trust::{self, Asked, TokenWish};
use crate::words::{AccountId, RoleArn, SessionTags};
use serde_json::json;
use time::Duration;

/// What is handed out.
pub enum Exchanged {
    Credentials(Credentials),
    Token(Issued),
}

/// A token cannot be taken back, so it lasts no longer than the shortest session that STS gives.
const LIFE: Duration = Duration::minutes(15);
/// Every verifier knows it.
const ALGORITHM: SigningAlgorithm = SigningAlgorithm::Rs256;

impl Sts {
    /// Whatever comes of it is in the book or counted when this returns.
    pub async fn exchange(
        &self,
        asked: Result<Exchange, ExchangeError>,
        request: &mut Request,
    ) -> Result<Exchanged, StsError> {
        let outcome = match asked {
            Ok(asked) => self.run_exchange(asked, request).await,
            Err(error) => Err(error.into()),
        };
        self.answered("TokenExchange", "", &outcome, request);
        outcome
    }

    async fn run_exchange(&self, asked: Exchange, request: &mut Request) -> Result<Exchanged, StsError> {
        let Exchange { paper, role, issue } = asked;
        let (audiences, session_name, duration) = match issue {
            Issue::Credentials { session_name } => (None, session_name, None),
            Issue::Token { audiences } if audiences.is_empty() => {
                (Some(vec![self.issuer.name().to_owned()]), None, Some(LIFE))
            }
            Issue::Token { audiences } => (Some(audiences), None, Some(LIFE)),
        };
        let wish =
            RoleWish { role, session_name, policies: SessionPolicyWish::default(), duration, token_size: 0, audiences };
        let minted = match paper {
            SubjectToken::Saml2(text) => self.exchange_assertion(&text, &wish, request).await?,
            SubjectToken::IdToken(text) => {
                let outcome = self.bearer_of_id_token(wish.role.account(), &text, request).await;
                let bearer = self.token_judged(outcome, request).await?;
                self.give_for_token(&bearer, &wish, request).await?
            }
            SubjectToken::AccessToken(text) => {
                let account = wish.role.account();
                let outcome = match self.network_of(account, &text) {
                    Ok(provider_id) => self.bearer_of_access_token(account, provider_id, &text, request).await,
                    Err(error) => Err(error),
                };
                let bearer = self.token_judged(outcome, request).await?;
                self.give_for_token(&bearer, &wish, request).await?
            }
        };
        Ok(match minted.token {
            Some(issued) => Exchanged::Token(issued),
            None => Exchanged::Credentials(minted.credentials),
        })
    }

    /// Nobody names the provider here: it is one in the role's account, and of several the first whose side gives the role.
    async fn exchange_assertion(&self, text: &str, wish: &RoleWish, request: &mut Request) -> Result<Minted, StsError> {
        let all = self.accept_response(text, Arrival::Exchange, request).await?;
        let account = wish.role.account();
        let here: Vec<_> = all.iter().filter(|accepted| accepted.provider.account() == account).collect();
        let around = request.surroundings();
        let gives = |accepted: &&&Accepted| {
            let Accepted { provider, identity, .. } = accepted;
            let (wanted, mut aside) = (Asked::Role(&wish.role, None), Trace::new(""));
            here.len() == 1
                || trust::offers(&self.catalogue, provider, identity, wanted, &around, None, &mut aside).is_ok()
        };
        match here.iter().find(gives).or(here.first()) {
            Some(accepted) => self.give_for_assertion(accepted, wish, request).await,
            None => {
                let error = StsError::NotThatProvider { provider: format!("any provider of {account}") };
                Err(self.not_that_provider(wish, &all, error, request).await)
            }
        }
    }

    /// Whose access token it is: the forms of the two networks have nothing in common.
    fn network_of(&self, account: AccountId, text: &str) -> Result<&'static str, StsError> {
        let mut refusal = None;
        for provider in self.catalogue.providers().filter(|provider| provider.account() == account) {
            let Some(social) = provider.social() else { continue };
            match social.desk.network().decode(text) {
                Ok(_) => return Ok(social.desk.network().provider_id()),
                Err(error) => drop(refusal.get_or_insert(error)),
            }
        }
        let unknown = || StsError::UnknownProviderId { account: account.to_string(), id: "of an access token".into() };
        Err(refusal.map_or_else(unknown, SocialError::into))
    }

    /// The same session, and a token about it that is signed for these.
    pub(super) fn told_to(
        &self,
        audiences: &[String],
        role: &RoleArn,
        minted: Minted,
        request: &mut Request,
    ) -> Result<Minted, StsError> {
        let session = &minted.session;
        let lifetime = session.expires - session.issued;
        let tags = SessionTags::default();
        let (algorithm, seconds) = (ALGORITHM.name(), lifetime.whole_seconds());
        let wish = TokenWish { audiences, algorithm, seconds, tags: &tags };
        let (for_us, around) = (audiences == [self.issuer.name()], request.surroundings());
        trust::permit_token_about(&self.catalogue, session, &wish, for_us, &around, &mut request.trace)?;
        let tags = trust::session_tags(&self.catalogue, session);
        let account = role.account();
        let mut about = token_claims::about(account, &session.role, tags.iter(), Some(session), &request.region);
        // Two providers may call two people the same; this is who it is at that one.
        about.insert("federated_subject".into(), json!(session.subject));
        let draft = Draft {
            subject: &session.arn(),
            audiences,
            algorithm: ALGORITHM,
            lifetime,
            session_ends: Some(session.expires),
            about,
            id: self.random.uuid(),
        };
        Ok(minted.told_by(self.sign(draft, request)?))
    }
}
