//! Sign-in by OpenID Connect: authorization code with PKCE, state and nonce.

use super::SignInError;
use super::attempt::{Asked, Attempt, Tester};
use super::service::{Begun, SignIn, SignedIn, Solicited};
use crate::catalogue::{OidcProvider, Provider};
use crate::console::Wish;
use crate::oidc::{LoginReturn, LoginSecrets, VerifiedToken};
use crate::saml::Parcel;
use crate::store::{Login, Redemption};
use crate::sts::Request;
use crate::trust::FederatedIdentity;
use crate::words::hex;
use time::{Duration, OffsetDateTime};

/// What the provider sent the browser back with.
pub struct Callback<'a> {
    pub state: &'a str,
    pub code: Option<&'a str>,
    pub error: Option<&'a str>,
    /// RFC 9207: who says so.
    pub issuer: Option<&'a str>,
}

impl SignIn {
    pub(super) async fn begin_oidc(
        &self,
        provider: &Provider,
        oidc: &OidcProvider,
        wish: Wish,
        tester: Option<Tester>,
        now: OffsetDateTime,
    ) -> Result<Begun, SignInError> {
        let random = &self.sts.random;
        let (nonce, pkce_verifier) = (random.token::<24>(), random.token::<48>());
        let mfa = provider.mfa.as_ref().filter(|_| wish.step_up.is_some());
        let authn_since = mfa.is_some().then_some(now);
        let asked = Asked::Oidc { nonce: nonce.clone(), pkce_verifier: pkce_verifier.clone(), authn_since };
        let anew = mfa.map(|mfa| mfa.contexts.as_slice());
        let attempt = self.attempt(provider, wish, asked, now).by(tester);
        let secrets = LoginSecrets { state: attempt.handle.clone(), nonce, pkce_verifier };
        let redirect_uri = self.oidc_redirect_uri(provider);
        let redirect = oidc.relying_party.begin_login(&redirect_uri, secrets, anew, now).await?;
        self.begun(&attempt, Parcel::Redirect(redirect))
    }

    /// `GET /oidc/callback/{provider}`. `cookie` is the attempt's cookie that belongs to the state.
    pub async fn finish_oidc(
        &self,
        name: &str,
        callback: &Callback<'_>,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<SignedIn, SignInError> {
        let outcome = self.redeem_code(name, callback, cookie, request).await;
        self.conclude("OidcSignIn", name, &outcome, request);
        outcome
    }

    async fn redeem_code(
        &self,
        name: &str,
        callback: &Callback<'_>,
        cookie: Option<&str>,
        request: &mut Request,
    ) -> Result<SignedIn, SignInError> {
        let attempt = self.open(cookie, callback.state, request.now).ok_or(SignInError::NoAttempt)?;
        let (identity, redeem) = self.proved_by_code(name, callback, &attempt, request).await?;
        let (wish, solicited) = Self::settled(&attempt.wish, Some(&identity), Solicited::Asked);
        let arrived = self.console.sign_in(&[identity], vec![redeem], &wish, request).await?;
        Ok(SignedIn { arrived, solicited, nth: wish.nth, former: wish.former })
    }

    /// Whoever the provider says has come back to this attempt, and the use of what it says so with.
    pub(super) async fn proved_by_code(
        &self,
        name: &str,
        callback: &Callback<'_>,
        attempt: &Attempt,
        request: &mut Request,
    ) -> Result<(FederatedIdentity, Redemption), SignInError> {
        let Asked::Oidc { nonce, pkce_verifier, authn_since } = &attempt.asked else {
            return Err(SignInError::NoAttempt);
        };
        let unknown = || SignInError::UnknownProvider(crate::trace::clip(name));
        let provider = self.sts.catalogue.provider_named(name).ok_or_else(unknown)?;
        let oidc = provider.oidc().ok_or_else(unknown)?;
        request.trace.about.provider(provider.arn.as_str(), provider.account().as_str());
        if provider.arn.as_str() != attempt.provider {
            return Err(SignInError::OtherProvider);
        }
        oidc.relying_party.check_response_issuer(callback.issuer, request.now).await?;
        let Some(code) = callback.code else {
            return Err(SignInError::ProviderRefused(crate::trace::clip(
                callback.error.unwrap_or("no code, no error"),
            )));
        };
        request.trace.pass("signin.attempt", provider.arn.as_str());
        let (redirect_uri, assertion_id) = (self.oidc_redirect_uri(provider), self.sts.random.token::<18>());
        let (redirect_uri, assertion_id, source) = (&redirect_uri, &assertion_id, &request.sender().to_string());
        let authn_since = *authn_since;
        let back = LoginReturn { code, redirect_uri, pkce_verifier, nonce, authn_since, assertion_id, source };
        let token = oidc.relying_party.finish_login(back, request.now, &mut request.trace).await;
        let token = self.sts.judged(token.map_err(SignInError::from), |token| token.digest().to_vec(), request).await?;
        self.sts.believed(token.issued_at(), oidc.relying_party.clock_skew())?;
        let (redeem, issued) = (redemption(&token), token.issued_at().unix_timestamp());
        let identity = FederatedIdentity::from_token(token, provider)?;
        self.sts.heard_from(provider, request);
        request.trace.about.person(&identity.subject, identity.whose());
        let origins = self.sts.keys.origin(&identity, &provider.arn).into_iter().collect();
        Ok((identity, Redemption { login: Some(Login { origins, issued }), ..redeem }))
    }
}

/// At the API a token may be used until it ends; at a sign-in it is good once.
fn redemption(token: &VerifiedToken) -> Redemption {
    let keep_until = token.expires_at().saturating_add(Duration::minutes(10)).unix_timestamp();
    Redemption::at_browser(token.issuer(), hex(token.digest()), keep_until)
}
