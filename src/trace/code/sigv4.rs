//! A signed request's way to a verified caller.

macro_rules! sigv4 {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            SigLimit = "sigv4.limit", "Send fewer or shorter headers, a shorter path or query; put parameters into the body.";
            SigRequestForm = "sigv4.request-form", "Send well-formed HTTP: an upper-case method, a path from the root, header values on one line.";
            SigEscape = "sigv4.escape", "Write every percent sign as %25 or as part of a two-digit escape.";
            SigMissing = "sigv4.missing", "Sign the request with AWS Signature Version 4.";
            SigBoth = "sigv4.both", "Authenticate by the Authorization header or by the query, not by both.";
            SigAlgorithm = "sigv4.algorithm", "Sign with AWS4-HMAC-SHA256; older and asymmetric versions are not accepted.";
            SigPair = "sigv4.pair", "Write the Authorization header as Credential=…, SignedHeaders=…, Signature=….";
            SigRepeatedParameter = "sigv4.repeated-parameter", "Give each authentication parameter once.";
            SigUnknownParameter = "sigv4.unknown-parameter", "Use the authentication parameters of Signature Version 4 only, in their exact spelling.";
            SigIncomplete = "sigv4.incomplete", "Add the parts that are named.";
            SigSignatureForm = "sigv4.signature-form", "Give the signature as 64 lower-case hexadecimal digits.";
            SigSignedHeaders = "sigv4.signed-headers", "List the signed headers in lower case, sorted, each once, separated by semicolons.";
            SigHostUnsigned = "sigv4.host-unsigned", "Sign the host header.";
            SigUnsignedHeader = "sigv4.unsigned-header", "Sign every x-amz-* header, or have the proxy that adds it remove it.";
            SigSignedHeaderAbsent = "sigv4.signed-header-absent", "Have the proxy in between pass every signed header on.";
            SigDuplicateHeader = "sigv4.duplicate-header", "Send the header once; a proxy in between may be adding it.";
            SigDate = "sigv4.date", "Send X-Amz-Date as in 20260102T030405Z.";
            SigDatesDiffer = "sigv4.dates-differ", "Send one time: leave Date out where X-Amz-Date is signed.";
            SigExpired = "sigv4.expired", "Set the client's clock, or sign again: a signature lives 15 minutes.";
            SigNotYetCurrent = "sigv4.not-yet-current", "Set the client's clock: it is more than 15 minutes fast.";
            SigCredential = "sigv4.credential", "Write the credential as keyid/date/region/service/aws4_request.";
            SigRegion = "sigv4.region", "Configure the client with a region such as us-east-1.";
            SigService = "sigv4.service", "Sign for the service sts; this endpoint answers no other.";
            SigTerminator = "sigv4.terminator", "End the credential scope with aws4_request.";
            SigScopeDate = "sigv4.scope-date", "Use the day of X-Amz-Date, in UTC, in the credential scope.";
            SigTwoSessionTokens = "sigv4.two-session-tokens", "Send the session token in the presigned query only.";
            SigSessionTokenForm = "sigv4.session-token-form", "Send the session token exactly as it was given out.";
            SigPayloadUnsupported = "sigv4.payload-unsupported", "Sign the SHA-256 of the whole body; unsigned and streaming payloads are not accepted.";
            SigPayloadMismatch = "sigv4.payload-mismatch", "Something changed the body after it was signed; look at proxies that rewrite it.";
            SigMismatch = "sigv4.mismatch", "Check the secret access key, and that proxies keep host, path, query and signed headers as they are.";
        }
    };
}
