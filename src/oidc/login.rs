//! Signing a person in: the authorization code flow with PKCE (OpenID Connect Core 1.0 §3.1, RFC 7636).
//!
//! The authorization URL is built by the `openidconnect` crate. The code is redeemed here, so that the ID token is
//! kept exactly as it came and goes the same way as every other token.

use super::relying_party::LoginExpectation;
use super::{ClientKey, Discovery, OidcError, RelyingParty, UnverifiedToken, VerifiedToken, json};
use crate::trace::Trace;
use crate::words::{Secret, iso};
use openidconnect::core::{CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreJsonWebKeySet};
use openidconnect::{
    AuthUrl, AuthenticationContextClass, ClientId, CsrfToken, IssuerUrl, Nonce, PkceCodeChallenge, PkceCodeVerifier,
    RedirectUrl, Scope,
};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use url::form_urlencoded;

/// This house as a client of the provider.
pub struct LoginClient {
    pub client_id: String,
    pub authentication: ClientAuthentication,
    /// Besides `openid`.
    pub scopes: Vec<String>,
    /// Whether the UserInfo endpoint is asked for claims that the ID token does not have.
    pub userinfo: bool,
}

/// How it shows at the token endpoint that it is that client.
pub enum ClientAuthentication {
    /// Not at all: PKCE alone binds the code.
    Public,
    Secret(Secret),
    Key(Box<ClientKey>),
}

/// Three unpredictable values of one attempt, drawn and kept by the caller.
pub struct LoginSecrets {
    pub state: String,
    pub nonce: String,
    /// 43 to 128 characters of `[A-Za-z0-9-._~]` (RFC 7636 §4.1).
    pub pkce_verifier: String,
}

/// The code that the callback brought, and what of its attempt belongs to it.
pub struct LoginReturn<'a> {
    pub code: &'a str,
    pub redirect_uri: &'a str,
    pub pkce_verifier: &'a str,
    pub nonce: &'a str,
    /// When the person was asked to authenticate anew, if they were.
    pub authn_since: Option<OffsetDateTime>,
    /// Unpredictable: by it the provider tells this client assertion from a copy.
    pub assertion_id: &'a str,
    /// Who is counted as one sender.
    pub source: &'a str,
}

const MOST_CODE: usize = 4096;

impl RelyingParty {
    /// The URL to send the browser to. With `anew` the person must authenticate at once, whatever session they have there,
    /// and in one of these context classes, best first (OpenID Connect Core §3.1.2.1).
    ///
    /// # Errors
    /// [`OidcError::LoginUnconfigured`]; the failures of discovery; [`OidcError::LoginParameter`] for a redirect URI or
    /// a verifier that cannot be used.
    pub async fn begin_login(
        &self,
        redirect_uri: &str,
        secrets: LoginSecrets,
        anew: Option<&[String]>,
        now: OffsetDateTime,
    ) -> Result<String, OidcError> {
        let login = self.settings.login.as_ref().ok_or(OidcError::LoginUnconfigured)?;
        check_verifier(&secrets.pkce_verifier)?;
        let discovery = self.discovery(now).await?;
        const ENDPOINT: OidcError = OidcError::DiscoveryMember { member: "authorization_endpoint" };
        let endpoint = discovery.authorization_endpoint.clone().ok_or(ENDPOINT)?;
        let redirect = RedirectUrl::new(redirect_uri.to_owned())
            .map_err(|_| OidcError::LoginParameter { what: "redirect URI" })?;
        let issuer = IssuerUrl::new(self.issuer().to_owned())
            .map_err(|_| OidcError::IssuerUrl { issuer: self.issuer().to_owned(), reason: "it is not a URL" })?;
        let client = CoreClient::new(ClientId::new(login.client_id.clone()), issuer, CoreJsonWebKeySet::default())
            .set_auth_uri(AuthUrl::new(endpoint).map_err(|_| ENDPOINT)?)
            .set_redirect_uri(redirect);
        let LoginSecrets { state, nonce, pkce_verifier } = secrets;
        let verifier = PkceCodeVerifier::new(pkce_verifier);
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .add_scopes(login.scopes.iter().filter(|scope| *scope != "openid").cloned().map(Scope::new))
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier));
        if let Some(contexts) = anew {
            request = request.add_prompt(CoreAuthPrompt::Login).set_max_age(std::time::Duration::ZERO);
            for context in contexts {
                request = request.add_auth_context_value(AuthenticationContextClass::new(context.clone()));
            }
        }
        let (url, _, _) = request.url();
        Ok(url.into())
    }

    /// Whether an authorization response is this provider's (RFC 9207 §2.4). `issuer` is its `iss` parameter; a provider
    /// that announces one always sends it, so without it the answer is somebody else's.
    ///
    /// # Errors
    /// [`OidcError::ResponseIssuer`], [`OidcError::ResponseIssuerMissing`], and without `issuer` those of discovery.
    pub async fn check_response_issuer(&self, issuer: Option<&str>, now: OffsetDateTime) -> Result<(), OidcError> {
        match issuer {
            Some(issuer) if issuer == self.issuer() => Ok(()),
            Some(received) => {
                let (expected, received) = (self.issuer().to_owned(), crate::trace::clip(received));
                Err(OidcError::ResponseIssuer { expected, received })
            }
            None if self.discovery(now).await?.names_itself => Err(OidcError::ResponseIssuerMissing),
            None => Ok(()),
        }
    }

    /// Redeems the code and verifies the ID token. The caller has already compared the state.
    ///
    /// # Errors
    /// [`OidcError::Pace`], [`OidcError::CodeRefused`] with the provider's error code, [`OidcError::TokenResponse`], and those of
    /// [`RelyingParty::verify_token`]; with `authn_since` [`OidcError::AuthnTooOld`] and those of a missing or broken `auth_time`;
    /// with `userinfo` [`OidcError::UserInfoSubject`] and those of fetching it.
    pub async fn finish_login(
        &self,
        back: LoginReturn<'_>,
        now: OffsetDateTime,
        trace: &mut Trace,
    ) -> Result<VerifiedToken, OidcError> {
        let login = self.settings.login.as_ref().ok_or(OidcError::LoginUnconfigured)?;
        if back.code.is_empty() || back.code.len() > MOST_CODE {
            return Err(OidcError::LoginParameter { what: "authorization code" });
        }
        check_verifier(back.pkce_verifier)?;
        if !self.pace().admits(back.source, now) {
            return Err(OidcError::Pace);
        }
        let discovery = self.discovery(now).await?;
        let response = self.redeem(login, &discovery, &back, now).await?;
        trace.pass("oidc.code", "redeemed at the provider's token endpoint");
        let member = |member| match response.get(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(OidcError::TokenResponse { member }),
        };
        let token = member("id_token")?.ok_or(OidcError::TokenResponse { member: "id_token" })?;
        let client = Some(login.client_id.as_str());
        let access_token = member("access_token")?;
        let expected = LoginExpectation { nonce: Some(back.nonce), client, access_token };
        let token = self.verify_for(UnverifiedToken::decode(token)?, now, expected, trace).await?;
        if token.is_of_another_code(back.code)? {
            return Err(OidcError::CodeHash);
        }
        if let Some(since) = back.authn_since {
            let at = token.authenticated_since(since, self.clock_skew())?;
            trace.pass("oidc.auth-time", iso(at));
        }
        self.pace().succeeded(back.source, now);
        if !login.userinfo {
            return Ok(token);
        }
        let access_token = access_token.ok_or(OidcError::TokenResponse { member: "access_token" })?;
        // RFC 6749 §7.1: a token of a type that is not understood must not be used.
        if !member("token_type")?.is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
            return Err(OidcError::TokenResponse { member: "token_type" });
        }
        self.with_userinfo(token, &Secret::new(access_token), &discovery, trace).await
    }

    async fn redeem(
        &self,
        login: &LoginClient,
        discovery: &Discovery,
        back: &LoginReturn<'_>,
        now: OffsetDateTime,
    ) -> Result<Map<String, Value>, OidcError> {
        const WHAT: &str = "the token response";
        let endpoint =
            discovery.token_endpoint.as_deref().ok_or(OidcError::DiscoveryMember { member: "token_endpoint" })?;
        let (form, basic_auth) = self.token_request(login, discovery, back, now)?;
        let answer = self
            .fetcher
            .post_form(endpoint, form, basic_auth)
            .await
            .map_err(|cause| OidcError::Fetch { what: WHAT, cause })?;
        if answer.status == 200 {
            return json::object(&answer.body, WHAT);
        }
        // RFC 6749 §5.2. The error code may be shown; its description is the provider's prose and may not.
        let error = json::object(&answer.body, WHAT).ok();
        let code = error.as_ref().and_then(|members| members.get("error")?.as_str());
        let error = code.map_or_else(|| "without an error code".to_owned(), json::error_code);
        Err(OidcError::CodeRefused { status: answer.status, error })
    }

    /// The form of RFC 6749 §4.1.3, and the client's authentication where it goes into a header.
    fn token_request<'a>(
        &self,
        login: &'a LoginClient,
        discovery: &Discovery,
        back: &LoginReturn<'_>,
        now: OffsetDateTime,
    ) -> Result<(String, Option<BasicAuth<'a>>), OidcError> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", back.code)
            .append_pair("redirect_uri", back.redirect_uri)
            .append_pair("code_verifier", back.pkce_verifier);
        let id = login.client_id.as_str();
        match &login.authentication {
            ClientAuthentication::Secret(secret) if supports(discovery, "client_secret_basic") => {
                return Ok((form.finish(), Some((id, secret))));
            }
            ClientAuthentication::Secret(secret) if supports(discovery, "client_secret_post") => {
                let text = secret.expose_str().ok_or(OidcError::ClientAuthentication)?;
                form.append_pair("client_id", id).append_pair("client_secret", text);
            }
            ClientAuthentication::Key(key) if supports(discovery, "private_key_jwt") => {
                let assertion = key.assertion(id, self.issuer(), back.assertion_id, now)?;
                form.append_pair("client_id", id)
                    .append_pair("client_assertion_type", JWT_BEARER)
                    .append_pair("client_assertion", &assertion);
            }
            ClientAuthentication::Public => {
                form.append_pair("client_id", id);
            }
            ClientAuthentication::Secret(_) | ClientAuthentication::Key(_) => {
                return Err(OidcError::ClientAuthentication);
            }
        }
        Ok((form.finish(), None))
    }
}

/// Client id and secret for the Authorization header.
pub(super) type BasicAuth<'a> = (&'a str, &'a Secret);

/// RFC 7523 §2.2.
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

pub(super) fn supports(discovery: &Discovery, method: &str) -> bool {
    discovery.token_endpoint_auth_methods.iter().any(|one| one == method)
}

fn check_verifier(verifier: &str) -> Result<(), OidcError> {
    let fits = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if fits { Ok(()) } else { Err(OidcError::LoginParameter { what: "PKCE verifier" }) }
}
