//! Who may become what.

macro_rules! trust {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            TrustProviderDisabled = "trust.provider-disabled", "Set enabled = true on the provider when people are to come in by it; until then it is for a test login alone.";
            TrustRuleFailed = "trust.rule-failed", "Mend the rule, or guard it with has(claims.…) in its \"when\": it reads a claim that is not there, or that is of another type.";
            TrustMfaFailed = "trust.mfa-failed", "Mend the provider's mfa expression, or ask with `in` first; until then nobody there counts as having used a second factor.";
            TrustMfaMissing = "trust.mfa-missing", "Sign in with a second factor; if you did, compare the provider's mfa expression with the authentication context that it sends.";
            TrustNoRoleGiven = "trust.no-role-given", "Give the person a role on the provider's side: a rule that matches their claims, or the AWS Role attribute at the identity provider.";
            TrustRoleNotGiven = "trust.role-not-given", "Ask for a role that the provider gives for these claims, or add a rule (or a Role attribute value) that gives this one.";
            TrustNothingForUser = "trust.nothing-for-user", "Let a role's trust policy name the user, or name their account and allow sts:AssumeRole on the role in their own policies; the notes before this tell what stood in the way of each.";
            TrustNotInRolesClaim = "trust.not-in-roles-claim", "Ask for a role that the token's claim https://aws.amazon.com/roles lists, or have the issuer list this one.";
            TrustClaimLeftOut = "trust.claim-left-out", "Give the provider groups_overage, so that the groups are asked for at the directory; or have the issuer send only groups that are assigned to the application (Entra: groupMembershipClaims = ApplicationGroup).";
            TrustClaimNotPlain = "trust.claim-not-plain", "Have the issuer send the claim as a text, a number, a boolean or a list of these, or let the role's trust policy ask for another claim; amr and id are kept in each session, whoever asks for them.";
            TrustTagInherited = "trust.tag-inherited", "Leave the tag out: the session already carries it as a transitive tag, and that cannot be changed.";
            TrustTooManyTags = "trust.too-many-tags", "Pass fewer tags: with the transitive ones of the calling session a session has at most 50.";
            TrustSourceIdentityFixed = "trust.source-identity-fixed", "Leave SourceIdentity out: the session has one, and it stays.";
            TrustNoSessionName = "trust.no-session-name", "Send the RoleSessionName attribute, or set session_name in the rule that gives the role.";
            TrustNamelessToken = "trust.nameless-token", "Set session_name in a rule of the provider, from a claim that is fit to be one; for credentials the bearer may send a name.";
            TrustSeveralSessionNames = "trust.several-session-names", "Send the RoleSessionName attribute with exactly one value.";
            TrustBadSessionName = "trust.bad-session-name", "Mend the rule's session_name, or send a RoleSessionName of 2 to 64 letters, digits and _+=,.@- (an e-mail address will do).";
            TrustRulesDiffer = "trust.rules-differ", "Let all rules that give this role set the same session_name, source_identity and tags, or only one of them.";
            TrustAmbiguousClaim = "trust.ambiguous-claim", "Let the identity provider send the claim under one spelling only.";
            TrustReservedRole = "trust.reserved-role", "Give the role another name: AWSReservedSSO_ roles cannot be assumed with an assertion.";
            TrustNoSuchRole = "trust.no-such-role", "Check the role's ARN; add a [[role]] if it should exist.";
            TrustExplicitDeny = "trust.explicit-deny", "Change the statement of the role's trust policy that is named, if it should not deny this.";
            TrustImplicitDeny = "trust.no-statement-allows", "Add a statement to the role's trust policy that allows this principal and whose conditions hold for these claims.";
            TrustExternalIdWanted = "trust.external-id-wanted", "Assume the role by AssumeRole with its ExternalId; the console's switching carries none, as at AWS.";
            TrustTagSession = "trust.tag-session-not-allowed", "Allow sts:TagSession for this principal in the role's trust policy, beside the action that assumes it; inherited transitive tags need it as well.";
            TrustSetSourceIdentity = "trust.set-source-identity-not-allowed", "Allow sts:SetSourceIdentity for this principal in the role's trust policy, beside the action that assumes it; an inherited source identity needs it as well.";
            TrustCallerNotAllowed = "trust.caller-not-allowed", "Allow the action on the role in the policies that are named (the caller's own, its role's boundary, its session's), or name the caller itself in the role's trust policy.";
        }
    };
}
