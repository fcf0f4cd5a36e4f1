//! Where a sign-in may lead: our own pages, and what the operator listed. Nothing else, however it is spelled.

use super::ConsoleError;
use url::Url;

/// Bytes of a destination as it is written, escapes and all.
const MOST: usize = 2_048;

/// The allow-list of destinations (threat: open redirects).
pub struct Destinations {
    home: Url,
    prefixes: Vec<Url>,
}

/// Where a sign-out leads.
pub struct Onward {
    pub address: String,
    /// To our sign-in URLs, which ask before they replace somebody, but nobody where nobody is signed in any more.
    pub signs_in: bool,
}

/// What is at an address.
enum Place {
    /// Somebody else's, or a page of ours that changes nothing by being opened.
    Page,
    /// Our endpoint that takes sign-in URLs.
    SignInUrl,
    /// Where somebody who came unasked is let in.
    Confirmation,
    /// What else of ours acts when a browser opens it.
    Acting,
}

impl Destinations {
    pub fn new(public_url: Url, prefixes: Vec<Url>) -> Self {
        Self { home: public_url, prefixes }
    }

    /// The address to send a browser to, as parsed and written again by the same parser: what was checked is what is
    /// used. What acts when it is opened is no destination, though it is ours: browsers say of a redirect that follows
    /// a form of ours that it is our own doing, and whoever made the link would act in our name (login CSRF).
    ///
    /// # Errors
    /// [`ConsoleError::LongDestination`] for more than 2,048 bytes, [`ConsoleError::BadDestination`] when it leads
    /// elsewhere.
    pub fn check(&self, text: &str) -> Result<String, ConsoleError> {
        match self.read(text)? {
            (address, Place::Page) => Ok(address),
            (_, Place::SignInUrl | Place::Confirmation | Place::Acting) => Err(ConsoleError::BadDestination),
        }
    }

    /// The same for a sign-out. It may lead to a sign-in, and says so if that is one by a sign-in URL; but not to where a
    /// press of "yes" is all that is missing.
    ///
    /// # Errors
    /// Those of [`Destinations::check`].
    pub fn after_sign_out(&self, text: &str) -> Result<Onward, ConsoleError> {
        match self.read(text)? {
            (_, Place::Confirmation) => Err(ConsoleError::BadDestination),
            (address, place) => Ok(Onward { address, signs_in: matches!(place, Place::SignInUrl) }),
        }
    }

    fn read(&self, text: &str) -> Result<(String, Place), ConsoleError> {
        if text.len() > MOST {
            return Err(ConsoleError::LongDestination);
        }
        let url = self.parsed(text).ok_or(ConsoleError::BadDestination)?;
        let ours = url.origin() == self.home.origin();
        let listed =
            self.prefixes.iter().any(|prefix| url.origin() == prefix.origin() && url.path().starts_with(prefix.path()));
        let place = match ours {
            true => place(url.path()).ok_or(ConsoleError::BadDestination)?,
            false if listed => Place::Page,
            false => return Err(ConsoleError::BadDestination),
        };
        // The parser escapes what browsers would, and so makes it longer.
        if url.as_str().len() > MOST { Err(ConsoleError::LongDestination) } else { Ok((url.into(), place)) }
    }

    fn parsed(&self, text: &str) -> Option<Url> {
        if !text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\') {
            return None;
        }
        // Either a path of ours or a whole URL; half of one (`//host`, `https:host`) is read differently by everybody.
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let url = if is_path { self.home.join(text) } else { Url::parse(text) }.ok()?;
        let is_web = matches!(url.scheme(), "http" | "https");
        (is_web && url.username().is_empty() && url.password().is_none()).then_some(url)
    }
}

/// What of ours is there, however it is spelled: a proxy in front may tidy it up. `None` if nobody can tell.
fn place(path: &str) -> Option<Place> {
    let path = percent_encoding::percent_decode_str(path).decode_utf8().ok()?.to_ascii_lowercase();
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    Some(match parts[..] {
        ["federation"] => Place::SignInUrl,
        ["console", "confirm"] | ["console", "s", _, "confirm"] => Place::Confirmation,
        ["saml" | "oidc", ..] | ["oauth", "token"] => Place::Acting,
        ["console", "signin", _] | ["console", "s", _, "signin", _] => Place::Acting,
        _ => Place::Page,
    })
}
