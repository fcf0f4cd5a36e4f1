//! What would become of a paper, or of claims on paper, at a provider: the very checks that those go through who come in
//! with it. Nothing is redeemed, minted or decided by it, fetched for it, counted or kept of it.

use super::may::{SIMULATE, provider_resource};
use super::queue::Queue;
use super::session::{ConsoleSession, SessionId};
use super::{Console, ConsoleError};
use crate::catalogue::Provider;
use crate::oidc::{OidcError, UnverifiedToken, spellings};
use crate::policy::Context;
use crate::saml::response_field;
use crate::sts::{Decided, Request, StsError};
use crate::trace::{Refusal, Trace};
use crate::trust::{
    Admission, Explanation, FederatedIdentity, OnPaper, Permission, ServiceAsks, Surroundings, VerifiedCaller,
    permission, read_claims,
};
use crate::words::RoleArn;
use std::net::IpAddr;
use std::sync::Arc;

/// Papers are looked at one at a time, for each session one.
#[derive(Clone)]
pub struct Simulator {
    queue: Queue<[u8; 32]>,
}

/// What is asked about.
pub struct Supposed<'a> {
    pub provider: &'a Arc<Provider>,
    /// A response as base64 or XML, an ID token, or claims as a JSON object; each looks like nothing else.
    pub paper: &'a str,
    /// One role alone.
    pub role: Option<RoleArn>,
    /// As if it came from there; else from nowhere.
    pub source: Option<IpAddr>,
}

/// Why nothing was looked at.
#[derive(Debug, thiserror::Error)]
pub enum NotSimulated {
    #[error("there is no paper")]
    Nothing,
    #[error("it has {length} characters, of which {most} are the most")]
    TooLong { length: usize, most: usize },
    #[error("others are looked at")]
    Busy,
    #[error("{0}")]
    Claims(OidcError),
    #[error("it is of another kind than the provider's papers")]
    OtherKind,
    #[error("there are no keys of the issuer at hand")]
    NoKeys,
}

/// As much as a response may have.
const LONGEST: usize = 100_000;

impl Simulator {
    #[expect(clippy::new_without_default, reason = "there is one, made where the services are put together")]
    pub fn new() -> Self {
        Self { queue: Queue::default() }
    }
}

impl Console {
    pub async fn simulate(
        &self,
        id: &SessionId,
        supposed: Supposed<'_>,
        request: &Request,
    ) -> Result<Explanation, NotSimulated> {
        let Supposed { provider, paper, role, source } = supposed;
        let paper = paper.trim();
        match paper.chars().count() {
            0 => return Err(NotSimulated::Nothing),
            length if length > LONGEST => return Err(NotSimulated::TooLong { length, most: LONGEST }),
            _ => {}
        }
        let turn = self.simulator.queue.turn(id.hash()).await.ok_or(NotSimulated::Busy)?;
        // With a record of its own: what is in the paper stays out of that of whoever asks.
        let mut request = request.on_paper();
        let known = match paper.as_bytes() {
            [b'{', ..] => Known::Supposed(read_claims(paper).map_err(NotSimulated::Claims)?),
            [b'<', ..] => self.known_by_response(provider, paper, &mut request).await?,
            _ if paper.contains('.') => known_by_token(provider, paper, &mut request)?,
            _ => self.known_by_response(provider, paper, &mut request).await?,
        };
        let around = Surroundings::on_paper(request.now, source).in_region(&self.sts.region);
        let recipient = self.sts.addressee.recipients.first().cloned().unwrap_or_default();
        let (catalogue, provider, mut trace) = (self.sts.catalogue.clone(), provider.clone(), request.trace);
        let explained = tokio::task::spawn_blocking(move || {
            let known = known.at(&provider, &recipient, &mut trace);
            let explanation = Explanation::of(known, &catalogue, role.as_ref(), Admission::Supposed, &around, trace);
            drop(turn);
            explanation
        });
        explained.await.map_err(|_| NotSimulated::Busy)
    }

    /// A question of a recorded trace, put once more, as things stand now; `None` where none is kept that is of the caller's
    /// account and about somebody whom a provider vouched for.
    pub async fn simulate_recorded(
        &self,
        trace: &str,
        (id, session): (&SessionId, &ConsoleSession),
        request: &mut Request,
    ) -> Result<Option<Explanation>, ConsoleError> {
        self.trace(trace, session, request).await?;
        let account = self.principal(session, request.now)?.account();
        for sealed in self.sts.store.decisions_of(trace).await? {
            let Some(Decided { question, .. }) = Decided::open(&sealed, &self.sts.keys.seals) else { continue };
            let Some((person, left)) = question.on_paper(&self.sts.catalogue) else { continue };
            if person.provider().account() != account {
                continue;
            }
            self.may(session, SIMULATE, &provider_resource(&person.provider().name), request).await?;
            let turn = self.simulator.queue.turn(id.hash()).await.ok_or(StsError::Busy)?;
            let mut record = Trace::new("on paper");
            record.note("explain.recorded", "who came, as it was kept; nothing was verified anew");
            if !left.is_empty() {
                record.note("explain.not-kept", left.join(", "));
            }
            let role = question.role().and_then(|role| role.parse().ok());
            let (catalogue, around) = (self.sts.catalogue.clone(), question.around().clone());
            let explained = tokio::task::spawn_blocking(move || {
                let known = Ok(vec![person]);
                let explanation =
                    Explanation::of(known, &catalogue, role.as_ref(), Admission::Supposed, &around, record);
                drop(turn);
                explanation
            });
            return Ok(Some(explained.await.map_err(|_| StsError::Busy)?));
        }
        Ok(None)
    }

    /// What a caller's own policies say to this. Nothing is asked for, so nothing is denied.
    pub fn ask_about(
        &self,
        caller: &VerifiedCaller,
        action: &str,
        resource: &str,
        context: &Context,
        request: &Request,
    ) -> Permission {
        let of_resource = resource.split(':').nth(4).and_then(|account| account.parse().ok());
        let account = of_resource.unwrap_or(caller.account());
        let asks = ServiceAsks { action, resource, account, policy: None, region: &self.sts.region, context };
        let around = Surroundings::on_paper(request.now, None);
        permission(&self.sts.catalogue, caller, &asks, &around, &mut Trace::new(""))
    }

    async fn known_by_response(
        &self,
        provider: &Provider,
        paper: &str,
        request: &mut Request,
    ) -> Result<Known, NotSimulated> {
        provider.saml().ok_or(NotSimulated::OtherKind)?;
        let accepted = self.sts.look_on_paper(&response_field(paper), provider, request).await;
        if matches!(accepted, Err(StsError::Busy)) {
            return Err(NotSimulated::Busy);
        }
        Ok(Known::Verified(accepted.map(|all| all.into_iter().map(|it| it.identity).collect())))
    }
}

/// With the keys that are at hand.
fn known_by_token(provider: &Provider, paper: &str, request: &mut Request) -> Result<Known, NotSimulated> {
    let oidc = provider.oidc().ok_or(NotSimulated::OtherKind)?;
    let token = match UnverifiedToken::decode(paper) {
        Ok(token) => token,
        Err(error) => return Ok(Known::Verified(Err(error.into()))),
    };
    if !spellings(&oidc.issuer).any(|spelled| spelled == token.issuer()) {
        let (account, issuer) = (provider.account().to_string(), crate::trace::clip(token.issuer()));
        return Ok(Known::Verified(Err(StsError::UnknownIssuer { account, issuer })));
    }
    let verified = oidc.relying_party.verify_by_keys_at_hand(token, request.now, &mut request.trace);
    let verified = verified.ok_or(NotSimulated::NoKeys)?;
    let identity = verified.and_then(|token| FederatedIdentity::from_token(token, provider));
    Ok(Known::Verified(identity.map(|identity| vec![identity]).map_err(StsError::from)))
}

/// Who is spoken of, on its way to paper.
enum Known {
    Verified(Result<Vec<FederatedIdentity>, StsError>),
    Supposed(serde_json::Map<String, serde_json::Value>),
}

impl Known {
    fn at(
        self,
        provider: &Arc<Provider>,
        recipient: &str,
        trace: &mut Trace,
    ) -> Result<Vec<OnPaper>, Box<dyn Refusal>> {
        match self {
            Self::Verified(Ok(all)) => Ok(all.into_iter().map(|it| OnPaper::of(provider.clone(), it)).collect()),
            Self::Verified(Err(error)) => Err(Box::new(error)),
            Self::Supposed(claims) => {
                trace.note("explain.claims", "taken as they are; nothing was verified");
                OnPaper::supposed(claims, provider.clone(), recipient).map(|known| vec![known])
            }
        }
    }
}
