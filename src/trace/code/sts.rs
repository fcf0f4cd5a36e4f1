//! The request and what becomes of it.

macro_rules! sts {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            StsRepeatedParameter = "sts.repeated-parameter", "Send each parameter once, in the body or in the query but not in both.";
            StsMissingAction = "sts.missing-action", "Send an Action parameter, as in Action=GetCallerIdentity&Version=2011-06-15.";
            StsUnknownAction = "sts.unknown-action", "Use AssumeRole, AssumeRoleWithSAML, AssumeRoleWithWebIdentity, GetSessionToken, GetFederationToken, GetAccessKeyInfo, DecodeAuthorizationMessage, GetWebIdentityToken or GetCallerIdentity, Version 2011-06-15.";
            StsViolations = "sts.parameters", "Mend the parameters that are named.";
            StsParameterNotActedOn = "sts.parameter-not-acted-on", "Leave the parameter out; this build would have to ignore it, and ignoring it might give more than was asked for.";
            StsUnknownAccessKey = "sts.unknown-access-key", "Check the access key id.";
            StsInactiveAccessKey = "sts.inactive-access-key", "Sign with the user's other access key, or set active = true for this one.";
            StsTokenDoesNotFit = "sts.token-does-not-fit", "Send the session token that came with this access key, and none with a long-lived key.";
            StsUserGone = "sts.user-gone", "Call GetSessionToken or GetFederationToken again with an active access key: the user who made this session is gone, or the key that they made it with is gone or has another secret.";
            StsRevocationsUnknown = "sts.revocations-unknown", "Try again; if it stays, look at the server's log: the database cannot be read, so nobody can tell which sessions have been ended.";
            StsSessionRevoked = "sts.session-revoked", "Sign in again and get new credentials; somebody has ended these, or those that they come from.";
            StsSessionEnded = "sts.session-ended", "Get new credentials; these have reached their end.";
            StsSessionCredentials = "sts.session-credentials", "Sign with a long-lived access key of the user; credentials of GetSessionToken can only assume roles and ask who they are, those of GetFederationToken only ask who they are, and no session prolongs itself.";
            StsMfaIncomplete = "sts.mfa-incomplete", "Send SerialNumber and TokenCode together, or neither.";
            StsMfaDevice = "sts.mfa-device", "Send as SerialNumber the serial of the user's own device ([[user]] mfa); sessions of roles have none.";
            StsMfaWrongCode = "sts.mfa-wrong-code", "Send the code that the device shows now; if it stays, compare the clocks and the secret that the app was given.";
            StsMfaReusedCode = "sts.mfa-reused-code", "Wait for the device's next code: each is good once.";
            StsMfaLocked = "sts.mfa-locked", "Wait: five wrong codes in a row lock the device for a minute, and each further time for twice as long, up to an hour.";
            StsUnknownIdentityProvider = "saml.unknown-issuer", "Register this identity provider: add a [[provider]] with the metadata whose entityID equals the assertion's Issuer.";
            StsNotThatProvider = "saml.other-provider", "Give the PrincipalArn of the provider whose key signed the assertion.";
            StsNoSuchProvider = "saml.no-such-provider", "Give as PrincipalArn the ARN of a provider that is registered here.";
            StsUnknownIssuer = "oidc.unknown-issuer", "Register the issuer in the role's account: add a [[provider]] whose issuer equals the token's iss.";
            StsUnknownProviderId = "oidc.unknown-provider-id", "Leave ProviderId out for ID tokens; for access tokens of graph.facebook.com or www.amazon.com add a [[provider]] of kind facebook or amazon to the role's account.";
            StsDurationAboveMaximum = "sts.duration-above-maximum", "Ask for a shorter duration, or raise max_session of the role.";
            StsChainedDuration = "sts.chained-duration", "Ask for at most 3600 seconds: a role assumed with a role's credentials lasts an hour at most.";
            StsMalformedPolicy = "sts.malformed-policy", "Mend the session policy at the place that is named; it is a permission policy of at most 2,048 characters.";
            StsNoSuchPolicy = "sts.no-such-policy", "Name managed policies ([[policy]]) of the role's own account.";
            StsPackedTooLarge = "sts.packed-too-large", "Shorten or leave out session policies and tags, beginning with the largest that are named; together they must deflate to at most 2,048 bytes.";
            StsSessionTooLarge = "sts.session-too-large", "Shorten what the session carries: tags, the subject's name, the token's amr, or the chain of roles that led to it; its token has at most 4,096 characters.";
            StsInvalidMessage = "sts.invalid-authorization-message", "Send the encoded message of a refusal as it came, without line breaks, within a day, and as somebody of the account that was refused.";
            StsNoSuchAccessKey = "sts.no-such-access-key", "Ask about a user's access key of the configuration, or one of a session that this gateway gave; what others gave out is not known here.";
            StsBeforeRestore = "sts.before-restore", "Sign in again, or get a fresh assertion or token: the gateway's records were put back to an older state, and it is not known what this one was used for.";
            StsJustRestored = "sts.just-restored", "Try again in a minute: the gateway's records were put back to an older state a moment ago. If it lasts longer, a clock is wrong: set this machine's; where that of the restore was ahead, set that and restore the same backup again.";
            StsReplayed = "sts.replayed", "Get a fresh assertion or token; this one has been used (in a browser once, an assertion at the API once for each role).";
            StsLoggedOut = "sts.logged-out", "Sign in again: the identity provider has ended the login that this assertion or token is of.";
            StsPaperBarred = "sts.paper-barred", "Get a new assertion or token; a session that was made from this one has been ended, so it makes no other.";
            StsPersonBarred = "sts.person-barred", "Ask the operator of the gateway, who ended this person's sessions and barred them at this provider; `gatehouse sessions admit` lets them in again.";
            StsNothingLeft = "sts.nothing-left", "Sign in again at the identity provider; its session has ended.";
            StsBusy = "sts.busy", "Try again in a moment; if it stays, somebody sends more than this machine can verify.";
            StsVerifierFailed = "sts.verifier-failed", "Look at the server's log and report it: this document brings the verifier down.";
            StsStore = "sts.store", "Try again; if it stays, look at the server's log: the database does not take writes.";
        }
    };
}
