//! Telling the provider that somebody has signed out here (OpenID Connect RP-Initiated Logout 1.0 §2).
//!
//! Without `id_token_hint`: for it the ID token would have to be kept as long as the session, and it is good at more doors
//! than this one. The client's id says who asks; a provider that wants to be sure asks the person.

use super::{OidcError, RelyingParty};
use time::OffsetDateTime;
use url::Url;

impl RelyingParty {
    /// Where the browser is to be sent; `None` if the provider takes no such news.
    ///
    /// # Errors
    /// Those of discovery.
    pub async fn end_session(
        &self,
        redirect_uri: &str,
        state: &str,
        now: OffsetDateTime,
    ) -> Result<Option<String>, OidcError> {
        let Some(login) = &self.settings.login else { return Ok(None) };
        let discovery = self.discovery(now).await?;
        let Some(mut url) = discovery.end_session_endpoint.as_deref().and_then(|text| Url::parse(text).ok()) else {
            return Ok(None);
        };
        url.query_pairs_mut()
            .append_pair("client_id", &login.client_id)
            .append_pair("post_logout_redirect_uri", redirect_uri)
            .append_pair("state", state);
        Ok(Some(url.into()))
    }
}
