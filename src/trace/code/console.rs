//! Sign-in URLs and sessions.

macro_rules! console {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            ConsoleUnknownAction = "console.unknown-action", "Give one Action: getSigninToken, login or logout.";
            ConsoleRepeatedParameter = "console.repeated-parameter", "Give each parameter once.";
            ConsoleBadSession = "console.bad-session", "Send Session as JSON: {\"sessionId\": …, \"sessionKey\": …, \"sessionToken\": …}.";
            ConsoleBadCredentials = "console.bad-credentials", "Send the three parts of one set of temporary role credentials that this gateway gave.";
            ConsoleUserForm = "console.user-form", "Type the user, the password (1,024 bytes at most) and the six digits of the code.";
            ConsoleUserBusy = "console.user-busy", "Try again in a moment: passwords are compared one at a time.";
            ConsoleUserRefused = "console.user-refused", "Ask whoever runs the gateway to look the number up: the trace tells which of user, password and code it was.";
            ConsoleNoSuchUser = "console.no-such-user", "Type the user's name, or account:name where two accounts have a user of that name.";
            ConsoleUserHasNone = "console.user-has-none", "Give the user mfa and password_hash if they shall sign in here; else sign with an access key.";
            ConsoleWrongPassword = "console.wrong-password", "Type the password again; the fifth wrong one in a row locks it for a minute, then for two, up to an hour.";
            ConsolePasswordLocks = "console.password-locks", "Ask the user whether they typed five wrong passwords in a row; if not, the counts of console.wrong-password name the addresses that did.";
            ConsolePasswordLocked = "console.password-locked", "Wait until the time that is named. Whoever knows nothing of the attempts before should find out who made them.";
            ConsoleCredentialsEnded = "console.credentials-ended", "Get new credentials first; these have ended.";
            ConsoleUserCredentials = "console.user-credentials", "Assume a role with these credentials and send those; what GetSessionToken gives opens no console.";
            ConsoleBadDuration = "console.bad-duration", "Give SessionDuration in seconds, 900 to 43200, or leave it out.";
            ConsoleChainedDuration = "console.chained-duration", "Leave SessionDuration out: a chained role's session lasts as long as its credentials.";
            ConsoleFederatedDuration = "console.federated-duration", "Leave SessionDuration out: a federated user's console lasts as long as the credentials, for which DurationSeconds of GetFederationToken is there.";
            ConsoleTokenSpent = "console.token-spent", "Ask for a new sign-in URL: each is good once and for 15 minutes.";
            ConsoleNoSuchSession = "console.no-such-session", "Give session as one digit, 1 to 9, or leave it out.";
            ConsoleBadDestination = "console.bad-destination", "Lead to one of our own pages, and to none that acts when it is opened, or add the destination's prefix to console.destinations.";
            ConsoleLongDestination = "console.long-destination", "Lead to a shorter address: of at most 2,048 bytes with all its escapes, less where role and provider have long names.";
            ConsoleNotSignedIn = "console.not-signed-in", "Sign in.";
            ConsoleForeignForm = "console.foreign-form", "Open the page again and send the form from there.";
            ConsoleNothingWorn = "console.nothing-worn", "Put on a role first: what somebody may do here is what their role permits.";
            ConsoleBadSearch = "console.bad-search", "Write times as 2026-01-31T12:00 in UTC, texts of 512 bytes at most, and go from page to page by the links.";
            ConsoleNotThere = "console.not-there", "Look whether the id is whole, and whether a role of that account is worn.";
            ConsoleBadSwitch = "console.bad-switch", "Give account as twelve digits or an alias of here, roleName with its path, displayName of at most 64 characters, and color as six hexadecimal digits or not at all.";
            ConsoleNoSwitching = "console.no-switching", "Sign in as a user, through an identity provider or with a role's credentials: what GetFederationToken gives assumes no role.";
            ConsoleBaseEnded = "console.base-ended", "Choose a role again, or sign in again: the one that was switched from has ended.";
            ConsoleNotSwitched = "console.not-switched", "Nothing is to be done: the session wears what it wore before.";
            ConsoleNotAChoice = "console.not-a-choice", "Choose one of the roles on the page.";
        }
    };
}
