//! Tokens that this house signs.

macro_rules! issuer {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            IssuerOutlivesSession = "issuer.outlives-session", "Ask for a shorter token (DurationSeconds, 60 and more), or get new credentials first: no token outlives the session that asks for it.";
            IssuerTooLarge = "issuer.too-large", "Pass fewer or shorter tags and audiences: a token has at most 20,000 characters.";
            IssuerSigning = "issuer.signing", "Try again; if it stays, look at the server's log: the signing key cannot be used.";
        }
    };
}
