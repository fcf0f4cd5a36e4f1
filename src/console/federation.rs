//! Sign-in URLs: credentials → a token that is good once and for 15 minutes → a console session.

use super::ConsoleError;
use super::service::{Arrived, Console, Next};
use super::session::{ConsoleSession, Original, SessionId};
use crate::store::{OneTimeRecord, TakeToken, Verdict, Visit};
use crate::sts::{Event, Purpose, Request, StsError, Who, done};
use crate::trust::Session;
use crate::words::{LONGEST_CONSOLE_SESSION, is_anonymous, sha256_of_parts};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use url::Url;

/// AWS: a sign-in URL is valid for 15 minutes from its creation.
const LIFE: Duration = Duration::minutes(15);

/// The `Session` parameter of getSigninToken.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PresentedCredentials {
    session_id: String,
    session_key: String,
    session_token: String,
}

/// What a sign-in token stands for, sealed in the store.
#[derive(Serialize, Deserialize)]
struct Promise {
    token: String,
    #[serde(with = "time::serde::timestamp")]
    console_ends: OffsetDateTime,
}

impl Console {
    /// `Action=getSigninToken`: credentials of a role's session or a federated user's for a one-time token. `duration`
    /// is how long the console session may last, in seconds; it never outlives the credentials.
    pub async fn signin_token(
        &self,
        session: &str,
        duration: Option<&str>,
        request: &mut Request,
    ) -> Result<String, ConsoleError> {
        let presented: PresentedCredentials = serde_json::from_str(session).map_err(|_| ConsoleError::BadSession)?;
        let worn = self.check(&presented, request.now);
        let worn = self.sts.judged(worn, |worn| worn.access_key_id().to_owned(), request).await?;
        self.sts.paced(&worn.counted_as())?;
        request.trace.pass("console.credentials", worn.access_key_id());
        let ends = worn.expires().min(request.now + console_duration(duration, &worn)?);
        self.promise(&worn, presented.session_token, ends, request).await
    }

    /// The same for whoever is signed in, by what they wear.
    pub async fn own_signin_token(
        &self,
        session: &ConsoleSession,
        duration: Option<&str>,
        request: &mut Request,
    ) -> Result<String, ConsoleError> {
        let worn = self.worn(session, request.now).zip(session.effective().map(str::to_owned));
        let (worn, token) = worn.ok_or(ConsoleError::CredentialsEnded)?;
        // Who was let in for a quarter of an hour lets nobody in for longer.
        let ends = worn.expires().min(session.expires).min(request.now + console_duration(duration, &worn)?);
        self.promise(&worn, token, ends, request).await
    }

    async fn promise(
        &self,
        worn: &Session,
        session_token: String,
        console_ends: OffsetDateTime,
        request: &mut Request,
    ) -> Result<String, ConsoleError> {
        let token = self.sts.random.token::<32>();
        let promise = Promise { token: session_token, console_ends };
        let plain = serde_json::to_vec(&promise).expect("a promise is plain data");
        let hash = sha256_of_parts(&["sign-in", &token]);
        let sealed = self.sts.keys.seals.seal(Purpose::SignInToken(hash), &plain, &self.sts.random);
        let expires = (request.now + LIFE).unix_timestamp();
        let (who, role) = (Who::Session(worn), worn.role().unwrap_or_default());
        let event = Event { name: "GetSigninToken", who, role, request };
        let visit = Visit {
            signin_token: Some(OneTimeRecord { hash, sealed, expires }),
            audit: Some(done(&event, &[])),
            ..Visit::default()
        };
        self.sts.store.commit(visit).await?;
        Ok(token)
    }

    /// `Action=login`: uses the token up and opens a console session that wears the role of its credentials.
    /// `issuer` is kept if it is an https URL; programs of old name themselves there.
    pub async fn open(
        &self,
        token: &str,
        destination: &str,
        issuer: &str,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let destination = match destination {
            "" => None,
            text => Some(self.destinations.check(text)?),
        };
        let hash = sha256_of_parts(&["sign-in", token]);
        let sealed = self.sts.store.signin_token(&hash).await?;
        let plain = sealed.and_then(|sealed| self.sts.keys.seals.open(Purpose::SignInToken(hash), &sealed));
        let promise: Promise =
            plain.and_then(|plain| serde_json::from_slice(&plain).ok()).ok_or(ConsoleError::TokenSpent)?;
        let worn = self.sts.keys.open(&promise.token).ok_or(ConsoleError::BadCredentials)?;
        self.hold(&worn, request.now)?;
        let id = SessionId::draw(&self.sts.random);
        let original = Original::RoleSession {
            arn: worn.arn(),
            session_name: worn.name().unwrap_or_default().to_owned(),
            via: worn.via().to_owned(),
            behind: worn.behind().into_iter().map(str::to_owned).collect(),
        };
        let session = ConsoleSession::new(original, Some(promise.token), promise.console_ends, request);
        let session = ConsoleSession { issuer: place_to_return(issuer), ..session.bound_for(destination.clone()) };
        let (who, role) = (Who::Session(&worn), worn.role().unwrap_or_default());
        let event = Event { name: "ConsoleLogin", who, role, request };
        let visit = Visit {
            take: Some(TakeToken { hash, now: request.now.unix_timestamp() }),
            console: Some(self.seal(&id, &session)),
            audit: Some(done(&event, &[])),
            ..Visit::default()
        };
        match self.sts.store.commit(visit).await? {
            Verdict::Done => Ok(Arrived { id, next: Next::Go(destination), expires: session.expires }),
            Verdict::Barred(_) => Err(ConsoleError::CredentialsEnded),
            Verdict::Spent | Verdict::LoggedOut | Verdict::Taken => Err(ConsoleError::TokenSpent),
        }
    }

    /// Where somebody is to go whose session has reached its end, if that is still known.
    pub async fn issuer_of_ended(&self, id: &SessionId, now: OffsetDateTime) -> Option<String> {
        let hash = id.hash();
        let sealed = self.sts.store.ended_console_session(&hash, now.unix_timestamp()).await.ok()??;
        let plain = self.sts.keys.seals.open(Purpose::ConsoleSession(hash), &sealed)?;
        serde_json::from_slice::<ConsoleSession>(&plain).ok()?.issuer
    }

    /// The three parts must belong together: the token opens, names the id, and the key is the one derived from both.
    fn check(&self, presented: &PresentedCredentials, now: OffsetDateTime) -> Result<Session, ConsoleError> {
        let keys = &self.sts.keys;
        let session =
            keys.open(&presented.session_token).filter(|session| session.access_key_id() == presented.session_id);
        let secret = keys.secret(&presented.session_id, &presented.session_token);
        let session =
            session.filter(|_| secret.matches(presented.session_key.as_bytes())).ok_or(ConsoleError::BadCredentials)?;
        self.hold(&session, now)?;
        Ok(session)
    }

    fn hold(&self, session: &Session, now: OffsetDateTime) -> Result<(), ConsoleError> {
        if !self.sts.holds(session, now).map_err(StsError::from)? {
            return Err(ConsoleError::CredentialsEnded);
        }
        if session.opens_the_console() { Ok(()) } else { Err(ConsoleError::UserCredentials) }
    }
}

/// How long the console may last, whatever the credentials do.
fn console_duration(asked: Option<&str>, worn: &Session) -> Result<Duration, ConsoleError> {
    let Some(text) = asked else { return Ok(LONGEST_CONSOLE_SESSION) };
    match worn {
        Session::Role(session) if session.is_chained() => return Err(ConsoleError::ChainedDuration),
        Session::FederatedUser(_) => return Err(ConsoleError::FederatedDuration),
        Session::Role(_) | Session::User(_) => {}
    }
    let digits = text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let fits = |seconds: &i64| digits && (900..=LONGEST_CONSOLE_SESSION.whole_seconds()).contains(seconds);
    let seconds = text.parse::<i64>().ok().filter(fits);
    Ok(Duration::seconds(seconds.ok_or(ConsoleError::BadDuration)?))
}

/// An https URL that reads alike to everybody, written again by the parser that has read it.
fn place_to_return(text: &str) -> Option<String> {
    let plain = text.len() <= 2_048 && text.bytes().all(|b| b.is_ascii_graphic() && b != b'\\');
    let url = Url::parse(text).ok().filter(|url| plain && url.scheme() == "https" && url.has_host())?;
    is_anonymous(&url).then(|| url.to_string())
}
