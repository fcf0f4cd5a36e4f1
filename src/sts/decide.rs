//! A resource service asks about a request that it received: is it genuine, and may its principal do this?
//!
//! First the service itself: its signature, then its permission. Only then is its question read, and in it the request,
//! whose signature is verified as that of a caller of ours is, at the same cost whatever is wrong with it. That the
//! request has not been sent before, within the quarter of an hour that it is good for, is for the service to see to.
//!
//! An Allow gives nobody a credential: nothing is committed for it, nor kept for people to read, so that a busy service
//! does not push out of the store what others left there. Each denial of a principal is in the book before the answer
//! leaves. So denials alone are counted, of the principal or of a service that may not ask: who makes many of them would
//! fill the book. An address pays for what is asked from there only as long as the service is not known.

use super::action::Violation;
use super::audit::{Asker, Event, Who};
use super::authorization_message::Denied;
use super::service::Request;
use super::{Sts, StsError};
use crate::policy::{Effect, Inquiry, Received};
use crate::sigv4::{RawRequest, SignedRequest};
use crate::trust::{self, Denial, OwnPolicies, Reason, ServiceAsks, Surroundings, TrustError, VerifiedCaller};
use crate::words::AccountId;
use serde_json::Value;
use std::collections::BTreeMap;
use time::OffsetDateTime;

/// What came of a question.
pub struct Finding {
    /// Who signed the request; or why it is not genuine.
    pub principal: Result<FoundPrincipal, StsError>,
    pub effect: Effect,
    /// Policy and statement, where one decided.
    pub decided_by: Option<(String, String)>,
    /// Of every denial.
    pub encoded_message: Option<String>,
}

pub struct FoundPrincipal {
    pub arn: String,
    pub account: AccountId,
    pub user_id: String,
    /// Those that policies see, the role's own included.
    pub tags: Vec<(String, String)>,
    pub source_identity: Option<String>,
    /// `None` of a user's access key.
    pub expires: Option<OffsetDateTime>,
    /// Of a role session.
    pub session_name: Option<String>,
}

/// What the policies said. Where they denied it, that is in the book.
pub(super) struct Ruling {
    pub(super) effect: Effect,
    pub(super) decided_by: Option<(String, String)>,
    /// [`StsError::CallerDenied`], with the message about it.
    pub(super) denied: Option<StsError>,
}

const ACTION: &str = "gatehouse:Decide";
pub(super) const NAME: &str = "Decide";

impl Sts {
    /// `raw.body` is the question, an [`Inquiry`].
    ///
    /// # Errors
    /// About the service or its question only; whatever is found out about the request is a [`Finding`].
    pub async fn decide(&self, raw: RawRequest<'_>, request: &mut Request) -> Result<Finding, StsError> {
        let found = self.find(raw, request).await;
        if let Err(error) = &found {
            self.note_refusal(error, request);
        }
        found
    }

    async fn find(&self, raw: RawRequest<'_>, request: &mut Request) -> Result<Finding, StsError> {
        let service = match self.signer(raw, request) {
            Ok(service) => service,
            Err(error) => return Err(self.turn_former_away(NAME, error, request).await),
        };
        let (here, around) = (desk(service.account().as_str()), request.surroundings());
        if let Err(denial) = trust::permit(&self.catalogue, &service, ACTION, &here, &around, &mut request.trace) {
            return Err(self.turn_away(&service, *denial, request).await);
        }
        // It asks for all of its users, who may be many behind its one address.
        self.limits.forgo(request.sender(), self.clock.steady());
        let inquiry = Inquiry::read(raw.body).map_err(violation)?;
        let account = inquiry.resource_account.unwrap_or(service.account());
        if let Some(other) = inquiry.account_in_resource().filter(|named| *named != account.as_str()) {
            let sentence = format!("resource: is of the account {}, not of {account}", crate::trace::clip(other));
            return Err(violation(sentence));
        }
        if account != service.account() {
            return Err(self.turn_away(&service, of_another_account(&service, account), request).await);
        }
        let Received { method, path, query, headers, payload_sha256 } = &inquiry.received;
        let headers: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes())).collect();
        let received = RawRequest { method, path, query, headers: &headers, body: &[] };
        let (caller, region) = match self.received_from(received, payload_sha256, request) {
            Ok(signed) => signed,
            // Nothing was found out about the request.
            Err(error @ StsError::RevocationsUnknown(_)) => return Err(error),
            Err(error) => {
                let error = self.turn_former_away(NAME, error, request).await;
                if matches!(error, StsError::Store(_) | StsError::Busy | StsError::TooManyRequests) {
                    return Err(error);
                }
                self.note_refusal(&error, request);
                return Ok(self.not_genuine(error, &service, inquiry, request.now));
            }
        };
        let asks = ServiceAsks {
            action: &inquiry.action,
            resource: &inquiry.resource,
            account,
            policy: inquiry.resource_policy.as_ref(),
            region: &region,
            context: &inquiry.context,
        };
        // Where the principal's request came from, and how, the service knows and may say.
        let around =
            Surroundings { now: request.now, source: None, user_agent: String::new(), over_tls: None, region: None };
        let Ruling { effect, decided_by, denied } =
            self.rule(Asker::Signed(&service), &caller, &asks, &around, request).await?;
        let encoded_message = denied.and_then(|error| {
            self.note_refusal(&error, request);
            match error {
                StsError::CallerDenied { encoded, .. } => Some(encoded),
                _ => None,
            }
        });
        Ok(Finding { principal: Ok(self.found(&caller)), effect, decided_by, encoded_message })
    }

    /// Whoever signed what a service received, and for which region.
    pub(super) fn received_from(
        &self,
        received: RawRequest<'_>,
        payload_sha256: &str,
        request: &mut Request,
    ) -> Result<(VerifiedCaller, String), StsError> {
        let signed = SignedRequest::parse_received(received, payload_sha256, request.now)?;
        let signatory = self.authenticate(signed, request)?;
        signatory.tell(&mut request.trace);
        Ok((signatory.caller, signatory.region))
    }

    /// # Errors
    /// Only that a denial could not be written into the book, or that there are too many of this principal.
    pub(super) async fn rule(
        &self,
        asker: Asker<'_>,
        caller: &VerifiedCaller,
        asks: &ServiceAsks<'_>,
        around: &Surroundings,
        request: &mut Request,
    ) -> Result<Ruling, StsError> {
        request.trace.enter(Some(caller.account().as_str()));
        let permission = trust::permission(&self.catalogue, caller, asks, around, &mut request.trace);
        let denied = match permission.denial {
            None => {
                request.trace.enter(None);
                None
            }
            Some(denial) => {
                // What a proxy asks has been counted, whatever comes of it.
                if let Asker::Signed(_) = asker {
                    self.paced(&caller.counted_as())?;
                }
                let error = self.caller_denied(caller, *denial, request.now);
                let who = Who::AskedAbout { principal: caller, asker, asked: Some((asks.action, asks.resource)) };
                match self.deny(&Event { name: NAME, who, role: "", request }, error).await {
                    denied @ StsError::CallerDenied { .. } => Some(denied),
                    unwritten => return Err(unwritten),
                }
            }
        };
        Ok(Ruling { effect: permission.effect, decided_by: permission.decided_by, denied })
    }

    /// Nobody is known, so the message about it is for the service's own account.
    fn not_genuine(&self, error: StsError, service: &VerifiedCaller, asked: Inquiry, now: OffsetDateTime) -> Finding {
        let conditions = asked.context.into_sorted();
        let (action, resource) = (asked.action.as_str(), asked.resource.as_str());
        let denied = Denied { principal: Value::Null, action, resource, by: None, conditions: &conditions };
        let encoded_message = Some(self.seal_message(service.account(), &denied, now));
        Finding { principal: Err(error), effect: Effect::ImplicitDeny, decided_by: None, encoded_message }
    }

    pub(super) fn found(&self, caller: &VerifiedCaller) -> FoundPrincipal {
        let tags = caller.tags(&self.catalogue).map(|tag| (tag.key.clone(), tag.value.clone()));
        FoundPrincipal {
            arn: caller.arn(),
            account: caller.account(),
            user_id: caller.user_id(),
            tags: tags.collect(),
            source_identity: caller.source_identity().map(ToString::to_string),
            expires: caller.expires(),
            session_name: caller.role_session().map(|session| session.session_name.clone()),
        }
    }

    /// A service that may not ask.
    async fn turn_away(&self, service: &VerifiedCaller, denial: Denial, request: &Request) -> StsError {
        if let Err(too_often) = self.paced(&service.counted_as()) {
            return too_often;
        }
        let error = self.caller_denied(service, denial, request.now);
        self.deny(&Event { name: NAME, who: Who::Caller(service, None), role: "", request }, error).await
    }

    /// Counts and keeps a refusal; what is of somebody known is in the book already.
    pub fn note_refusal(&self, error: &StsError, request: &mut Request) {
        self.conclude(NAME, "", Some(error), request);
    }
}

/// What a service of the account asks at.
fn desk(account: &str) -> String {
    format!("arn:aws:gatehouse::{account}:service")
}

/// A service speaks for the resources of its own account. No account has a way yet to agree that another's does for its
/// own, so none has agreed, whatever the service's own policies name.
fn of_another_account(service: &VerifiedCaller, account: AccountId) -> Denial {
    let (resource, by) = (desk(account.as_str()), OwnPolicies::Resource);
    let (caller, action, role) = (service.arn(), ACTION.into(), resource.clone());
    let why = Reason::said("; that account has not agreed");
    let error = TrustError::CallerNotAllowed { caller, action, role, by, denied: None, why };
    Denial { error, told: None, resource, denied_by: None, conditions: BTreeMap::new() }
}

fn violation(sentence: String) -> StsError {
    StsError::Violations(vec![Violation(sentence)])
}
