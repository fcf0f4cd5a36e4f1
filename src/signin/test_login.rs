//! A test login: somebody who looks after a provider signs in there to see what comes of it.
//!
//! It goes the way of every sign-in, but under a seal of its own, so that neither passes for the other: what comes back to
//! a test opens no session whatever it says, and what comes back to a sign-in is no test. What the provider sends is used
//! up as always. What it said is kept sealed for ten minutes, and told once, to the session that began it.

use super::attempt::{Attempt, LIFE, Tester};
use super::service::{Begun, SignIn};
use super::{Callback, SignInError};
use crate::catalogue::Provider;
use crate::console::Wish;
use crate::store::{OneTimeRecord, Redemption, Surface, TakeToken, Verdict, Visit};
use crate::sts::{Arrival, Event, Purpose, Request, StsError, Who, redemption, tested};
use crate::trace::Trace;
use crate::trust::{FederatedIdentity, OnPaper};
use crate::words::{ProviderArn, sha256_of_parts};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use time::OffsetDateTime;

/// A test that a browser has come back to.
pub struct TestLogin(Attempt);

/// Where its finding is told.
pub struct Told {
    pub tester: Tester,
    pub provider: Arc<Provider>,
    pub handle: String,
}

/// What came of a test, and who came.
pub struct Finding {
    pub trace: Trace,
    /// If the provider's word held.
    pub person: Option<OnPaper>,
}

#[derive(Serialize, Deserialize)]
struct Found {
    provider: String,
    /// The tester's.
    session: [u8; 32],
    trace: Trace,
    identity: Option<Box<FederatedIdentity>>,
}

/// Whom the provider vouches for, and the uses of its word.
type Proven = Result<(FederatedIdentity, Vec<Redemption>), SignInError>;

impl SignIn {
    /// Begins a test at a provider, be it enabled or not.
    pub async fn begin_test(
        &self,
        provider: &Provider,
        tester: Tester,
        request: &mut Request,
    ) -> Result<Begun, SignInError> {
        request.trace.about.provider(provider.arn.as_str(), provider.account().as_str());
        let unknown = || SignInError::UnknownProvider(provider.name.clone());
        let begun = match provider.signs_people_in() {
            true => self.begin_at(provider, Wish::default(), Some(tester), request.now).await,
            false => Err(unknown()),
        };
        self.conclude("TestLoginBegin", provider.arn.as_str(), &begun, request);
        begun
    }

    /// The test that a cookie is of, if it is one.
    pub fn test_of(&self, cookie: Option<&str>, handle: &str, now: OffsetDateTime) -> Option<TestLogin> {
        Attempt::open(Purpose::TestLogin, cookie?, handle, &self.sts.keys.seals, now).map(TestLogin)
    }

    /// A response that came back to a test.
    pub async fn finish_test_by_saml(
        &self,
        test: TestLogin,
        response: &str,
        request: &mut Request,
    ) -> Result<Told, SignInError> {
        let proven = self.proved_by_response(&test.0, response, request).await;
        self.tell(test, proven, request).await
    }

    /// A code that came back to a test.
    pub async fn finish_test_by_code(
        &self,
        test: TestLogin,
        name: &str,
        callback: &Callback<'_>,
        request: &mut Request,
    ) -> Result<Told, SignInError> {
        let proven = self.proved_by_code(name, callback, &test.0, request).await;
        let proven = proven.map(|(identity, redeem)| (identity, vec![redeem]));
        self.tell(test, proven, request).await
    }

    /// What was found, once, for the session that began the test; nothing for anybody else, and then it is still there.
    pub async fn finding(
        &self,
        provider: &Arc<Provider>,
        session: &[u8; 32],
        handle: &str,
        request: &Request,
    ) -> Result<Option<Finding>, SignInError> {
        let hash = hash(handle, session);
        let sealed = self.sts.store.signin_token(&hash).await.map_err(StsError::from)?;
        let plain = sealed.and_then(|sealed| self.sts.keys.seals.open(Purpose::TestFinding(hash), &sealed));
        let found: Option<Found> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let Some(found) = found.filter(|it| it.session == *session && it.provider == provider.arn.as_str()) else {
            return Ok(None);
        };
        let take = Some(TakeToken { hash, now: request.now.unix_timestamp() });
        if self.commit(Visit { take, ..Visit::default() }).await? != Verdict::Done {
            return Ok(None);
        }
        let person = found.identity.map(|identity| OnPaper::of(provider.clone(), *identity));
        Ok(Some(Finding { trace: found.trace.of_account(provider.account().as_str()), person }))
    }

    async fn proved_by_response(&self, attempt: &Attempt, response: &str, request: &mut Request) -> Proven {
        let solicitation = attempt.solicitation().ok_or(SignInError::NoAttempt)?;
        let mut accepted = self.sts.accept_response(response, Arrival::Browser(Some(solicitation)), request).await?;
        // Whatever else it would be good for, it is used up.
        let redeem = redemption(&accepted, &self.sts.keys, Surface::Browser, "", true).into_iter().collect();
        accepted.retain(|it| it.provider.arn.as_str() == attempt.provider);
        let identity = accepted.pop().ok_or(SignInError::OtherProvider)?.identity;
        Ok((identity, redeem))
    }

    /// Uses the provider's word up, and the test, and keeps what was found.
    async fn tell(&self, test: TestLogin, proven: Proven, request: &mut Request) -> Result<Told, SignInError> {
        let TestLogin(attempt) = test;
        let provider: Option<ProviderArn> = attempt.provider.parse().ok();
        let provider = provider.and_then(|arn| self.sts.catalogue.provider(&arn)).ok_or(SignInError::NoAttempt)?;
        let told = |tester| Told { tester, provider: provider.clone(), handle: attempt.handle.clone() };
        let tester = attempt.tester.clone().ok_or(SignInError::NoAttempt)?;
        let refusal = match proven {
            Ok((identity, redeem)) => {
                let event = Event { name: "TestLogin", who: Who::Federated(&identity), role: "", request };
                let audit = tested(&event, &tester.principal, tester.access_key_id.as_deref());
                let finding = self.sealed(&attempt, &tester, Some(&identity), request);
                let redeem = [vec![used(&attempt, request.now)], redeem].concat();
                let visit = Visit { redeem, signin_token: Some(finding), audit: Some(audit), ..Visit::default() };
                match self.commit(visit).await? {
                    Verdict::Done => {
                        self.sts.keep("TestLogin", "allow", false, request);
                        return Ok(told(tester));
                    }
                    Verdict::LoggedOut => StsError::LoggedOut.into(),
                    Verdict::Spent | Verdict::Taken | Verdict::Barred(_) => StsError::Replayed.into(),
                }
            }
            Err(error) => error,
        };
        self.sts.refuse(&refusal, request);
        self.sts.count(&refusal, &attempt.provider, request);
        let finding = self.sealed(&attempt, &tester, None, request);
        let redeem = vec![used(&attempt, request.now)];
        let kept = self.commit(Visit { redeem, signin_token: Some(finding), ..Visit::default() }).await?;
        // Of each test one finding is kept, however often its cookie is sent.
        if kept != Verdict::Done {
            let outcome = Err(SignInError::NoAttempt);
            self.conclude("TestLogin", &attempt.provider, &outcome, request);
            return outcome;
        }
        self.sts.keep("TestLogin", "refuse", false, request);
        Ok(told(tester))
    }

    fn sealed(
        &self,
        attempt: &Attempt,
        tester: &Tester,
        identity: Option<&FederatedIdentity>,
        request: &Request,
    ) -> OneTimeRecord {
        let found = Found {
            provider: attempt.provider.clone(),
            session: tester.session,
            trace: request.trace.clone(),
            identity: identity.cloned().map(Box::new),
        };
        let plain = serde_json::to_vec(&found).expect("a finding is plain data");
        let hash = hash(&attempt.handle, &tester.session);
        let sealed = self.sts.keys.seals.seal(Purpose::TestFinding(hash), &plain, &self.sts.random);
        let expires = (request.now + LIFE).unix_timestamp();
        OneTimeRecord { hash, sealed, expires }
    }
}

/// The one use of a test.
fn used(attempt: &Attempt, now: OffsetDateTime) -> Redemption {
    Redemption::at_browser("test login", attempt.handle.clone(), (now + LIFE).unix_timestamp())
}

/// Nobody else finds it, and nothing finds it that looks for a sign-in token.
fn hash(handle: &str, session: &[u8; 32]) -> [u8; 32] {
    sha256_of_parts(&[&b"test login"[..], handle.as_bytes(), session])
}
