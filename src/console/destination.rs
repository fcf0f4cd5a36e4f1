//! Where a sign-in may lead: our own pages, and what the operator listed. Nothing else, however it is spelled.

use url::Url;

/// The path of the endpoint that takes sign-in URLs.
const SIGN_IN_URLS: &str = "federation";

/// The allow-list of destinations (threat: open redirects).
pub struct Destinations {
    home: Url,
    prefixes: Vec<Url>,
}

impl Destinations {
    pub fn new(public_url: Url, prefixes: Vec<Url>) -> Self {
        Self { home: public_url, prefixes }
    }

    /// The address to send a browser to, as parsed and written again by the same parser: what was checked is what is
    /// used. `None` when it leads elsewhere.
    pub fn check(&self, text: &str) -> Option<String> {
        let plain = text.len() <= 2_048 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
        if !plain {
            return None;
        }
        // Either a path of ours or a whole URL; half of one (`//host`, `https:host`) is read differently by everybody.
        let url =
            if text.starts_with('/') && !text.starts_with("//") { self.home.join(text) } else { Url::parse(text) };
        let url = url.ok()?;
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some() {
            return None;
        }
        let ours = url.origin() == self.home.origin();
        let listed =
            self.prefixes.iter().any(|prefix| url.origin() == prefix.origin() && url.path().starts_with(prefix.path()));
        (ours || listed).then(|| url.to_string())
    }

    /// The same for a logout that another site has led to: anywhere but to our sign-in URLs. Where nobody is signed in these
    /// ask nothing, so that the other site could have a browser sign out and in again as somebody else, by one click (login
    /// CSRF).
    pub fn check_after_question(&self, text: &str) -> Option<String> {
        let checked = self.check(text)?;
        let url = Url::parse(&checked).ok()?;
        let path = percent_encoding::percent_decode_str(url.path()).decode_utf8().ok()?;
        // However it is spelled: a proxy in front may tidy it up.
        let signs_in = url.origin() == self.home.origin() && path.trim_matches('/').eq_ignore_ascii_case(SIGN_IN_URLS);
        (!signs_in).then_some(checked)
    }
}
