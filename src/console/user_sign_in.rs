//! Break glass: a user of ours signs in with password and one-time code, for the day when no identity provider does.
//!
//! Whoever asks learns nothing but "no". Each attempt costs one comparison at the one cost that all passwords have,
//! whether there is such a user, whether they have a password, and whether a factor is locked. What is written
//! afterwards depends on all that, so its time is rounded up. Refused, an attempt is counted like anything else that
//! nobody verified; in the book is what a user should hear of: somebody has their password, or has locked it.

use super::ConsoleError;
use super::queue::Queue;
use super::service::{Arrived, Console, Wish};
use super::session::{ConsoleSession, Original};
use super::user_error::UserSignInError;
use crate::ambient::Stopwatch;
use crate::catalogue::{Catalogue, User};
use crate::limits::Source;
use crate::store::{Attempt, Attempted, Shown, Visit};
use crate::sts::{Ending, Event, Request, StsError, Who, denial};
use crate::trust::UserIdentity;
use crate::words::{PasswordHash, Secret};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;

/// The glass, if there is any to break.
pub struct BreakGlass {
    queue: Queue<Source>,
    /// What the password of somebody who has none is compared with.
    nobodys: Arc<PasswordHash>,
}

/// What was typed.
pub struct Typed {
    /// A user's ARN, their name, or `account:name` where a name occurs in two accounts.
    pub user: String,
    pub password: Secret,
    pub code: Secret,
}

const LONGEST_PASSWORD: usize = 1_024;
/// What is written after the comparison takes this long, or a multiple of it: of somebody unknown that is nothing, of a
/// wrong password one commit, of a wrong code beside the right password three.
const WRITING: Duration = Duration::from_millis(200);

impl BreakGlass {
    /// `None` if nobody could sign in.
    pub fn new(catalogue: &Catalogue, queue: Queue<Source>) -> Option<Self> {
        let somebodys = catalogue.users().filter(|user| user.may_sign_in()).find_map(|user| user.password.as_ref())?;
        let nobodys = Arc::new(PasswordHash::nobodys(somebodys.cost()));
        Some(Self { queue, nobodys })
    }
}

impl Typed {
    fn is_whole(&self) -> bool {
        let password = 1..=LONGEST_PASSWORD;
        let code = self.code.expose();
        let is_code = code.len() == 6 && code.iter().all(u8::is_ascii_digit);
        !self.user.is_empty() && password.contains(&self.password.expose().len()) && is_code
    }
}

impl Console {
    /// Signs a user in who shows both factors. Refused, they are known by name in the book at most, never to who asks.
    pub async fn sign_in_user(
        &self,
        typed: Typed,
        wish: &Wish,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let glass = self.break_glass.as_ref().ok_or(ConsoleError::NotSignedIn)?;
        let wish = self.admitted(wish)?;
        if !typed.is_whole() {
            return Err(UserSignInError::Form.into());
        }
        let turn = glass.queue.turn(request.sender()).await.ok_or(UserSignInError::Busy)?;
        let Typed { user, password, code } = typed;
        let user = self.sts.catalogue.user_named(&user).cloned();
        let right = self.compare(user.clone(), password, glass.nobodys.clone(), turn).await?;
        let since = Stopwatch::start();
        let proven = self.judge(user.as_deref(), right, &code, request).await;
        let left = (1..).find_map(|times| since.left_of(WRITING * times));
        tokio::time::sleep(left.unwrap_or_default()).await;
        let identity = self.sts.judged(proven, |identity| identity.arn().to_owned(), request).await?;
        self.sts.paced(&identity.counted_as())?;
        request.trace.about.person(identity.arn(), identity.arn());
        request.trace.pass("console.user", identity.arn());
        self.enter_as_user(identity, &wish, request).await
    }

    /// The turn ends with the comparison, whoever still waits for it: there is never a second one beside it, and what is
    /// decided afterwards is decided by the store, for however many at once.
    async fn compare(
        &self,
        user: Option<Arc<User>>,
        password: Secret,
        nobodys: Arc<PasswordHash>,
        turn: OwnedSemaphorePermit,
    ) -> Result<bool, ConsoleError> {
        let metrics = self.sts.metrics.clone();
        let compared = tokio::task::spawn_blocking(move || {
            let theirs = user.as_ref().and_then(|user| user.password.as_ref());
            let matches = theirs.unwrap_or(&nobodys).verify(&password);
            metrics.password_compared();
            drop(turn);
            matches && theirs.is_some()
        });
        Ok(compared.await.map_err(|_| StsError::VerifierFailed)?)
    }

    /// A denial of somebody whose password was right is in the book when this returns.
    async fn judge(
        &self,
        user: Option<&User>,
        right: bool,
        code: &Secret,
        request: &mut Request,
    ) -> Result<UserIdentity, ConsoleError> {
        let user = user.ok_or(UserSignInError::NoSuchUser)?;
        request.trace.about.account(user.arn.account().as_str());
        let judged = self.both_factors(user, right, code, request).await;
        if let Err(error) = &judged
            && error.is_of_a_verified_principal()
        {
            let event = Event { name: "ConsoleLogin", who: Who::User(user), role: "", request };
            self.sts.store.commit(Visit { audit: Some(denial(&event, error)), ..Visit::default() }).await?;
        }
        judged
    }

    /// The password first: a code is looked at, and so used up, only together with the right one. What locks the password is
    /// in the book once for each lock, however many wrong ones there are.
    async fn both_factors(
        &self,
        user: &User,
        right: bool,
        code: &Secret,
        request: &mut Request,
    ) -> Result<UserIdentity, ConsoleError> {
        let arn = || user.arn.clone();
        if !user.may_sign_in() {
            return Err(UserSignInError::HasNone(arn()).into());
        }
        let shown = if right { Shown::Password } else { Shown::WrongPassword };
        let event = Event { name: "ConsoleLogin", who: Who::User(user), role: "", request };
        let if_it_locks = Some(denial(&event, &UserSignInError::PasswordLocks(arn())));
        let attempt = Attempt { user: arn(), shown, now: request.now.unix_timestamp(), if_it_locks };
        match self.sts.store.attempt(attempt).await? {
            Attempted::Accepted => {}
            Attempted::Wrong | Attempted::Reused => return Err(UserSignInError::WrongPassword(arn()).into()),
            Attempted::Locked { until } => return Err(UserSignInError::PasswordLocked { user: arn(), until }.into()),
        }
        match self.sts.accept_code(user, code, request).await {
            Ok(()) => Ok(UserIdentity::proven(user, request.now)),
            Err(StsError::Mfa(error)) => Err(UserSignInError::Code { user: arn(), error }.into()),
            Err(error) => Err(error.into()),
        }
    }

    async fn enter_as_user(
        &self,
        identity: UserIdentity,
        wish: &Wish,
        request: &mut Request,
    ) -> Result<Arrived, ConsoleError> {
        let original = Original::User(Box::new(identity));
        let Some(wearer) = self.wearer(&original) else { return Err(ConsoleError::NotSignedIn) };
        let choices = self.choices_of(&original, &wearer, request).await?;
        let expires = request.now + self.session_duration;
        let session = ConsoleSession::new(original, None, expires, request).bound_for(wish.destination.clone());
        self.enter(session, &wearer, Vec::new(), &choices, wish, request).await
    }
}
