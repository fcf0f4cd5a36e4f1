//! Documents that cannot be acted on.

macro_rules! policy {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            PolicySize = "policy.size", "Split the policy; a document has at most 128 KiB.";
            PolicyJson = "policy.json", "Mend the document's JSON at the line and column named.";
            PolicyDepth = "policy.depth", "Flatten the value; nothing in a policy nests that deep.";
            PolicyDuplicate = "policy.duplicate", "Merge the two members of that name into one, its values as a list.";
            PolicyMissing = "policy.missing", "Add the element that is named.";
            PolicyVersion = "policy.version", "Write \"Version\": \"2012-10-17\".";
            PolicyShape = "policy.shape", "Give the element the kind of value that is named.";
            PolicyEmpty = "policy.empty", "Give at least one entry, or remove the element.";
            PolicyTooMany = "policy.too-many", "Split the list over several statements or policies.";
            PolicyUnknownElement = "policy.unknown-element", "Correct the element's name; capital letters count.";
            PolicyNotSupported = "policy.not-supported", "Rewrite the statement without this element; it would otherwise be ignored, which is never done.";
            PolicyProhibited = "policy.prohibited", "Remove the element; this kind of document cannot have it.";
            PolicyBoth = "policy.both", "Keep one of the two elements; the one with Not means everything but what it lists.";
            PolicySid = "policy.sid", "Use letters and digits, and each Sid once.";
            PolicyEffect = "policy.effect", "Write Allow or Deny, with that capital letter.";
            PolicyAction = "policy.action", "Write service:Name; wildcards belong in the name, or stand alone as \"*\".";
            PolicyTrustAction = "policy.trust-action", "Name sts:AssumeRole, sts:AssumeRoleWithSAML, sts:AssumeRoleWithWebIdentity, sts:TagSession or sts:SetSourceIdentity.";
            PolicyResource = "policy.resource", "Write the whole ARN, arn:partition:service:region:account:resource, or \"*\".";
            PolicyPrincipal = "policy.principal", "Name an account, a user, a role or a session (AWS), or a provider's ARN or well-known name (Federated); partial wildcards belong in a condition.";
            PolicyOperator = "policy.operator", "Use one of IAM's condition operators, perhaps with IfExists after it or ForAllValues: or ForAnyValue: before it.";
            PolicyValue = "policy.value", "Write the value in the form that the operator compares with.";
            PolicyConditionKey = "policy.condition-key", "Correct the key; claims are written as the issuer without https://, a colon, and the claim.";
            PolicyVariable = "policy.variable", "Write ${key} or ${key, 'default'} with a key that is known here, and in a resource only after its fifth colon; write ${$}{ for the characters ${ themselves.";
        }
    };
}
