//! An access token's way to a verified one.

macro_rules! social {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            SocialForm = "social.form", "Send the access token itself with its ProviderId; an ID token (three parts with dots) goes without ProviderId.";
            SocialPace = "social.pace", "Try again in a second; it does not happen to an address whose tokens have just been good.";
            SocialAnswer = "social.answer", "Check the provider's endpoint: what answers there is not the API that it should be.";
            SocialUndecided = "social.undecided", "Try again in a moment; the provider is failing, or limits how often this app may ask.";
            SocialApp = "social.app", "Get the access token for the app in app_id (Facebook) or one of client_ids (Amazon).";
            SocialExpired = "social.expired", "Get a new access token from the provider.";
            SocialRejected = "social.rejected", "Get a new access token; if new ones are rejected too, check app_id and app_secret, and that the app asks for the profile scope at Amazon.";
            SocialType = "social.type", "Send a person's access token; those of apps and pages are nobody's.";
            SocialPerson = "social.person", "Get a new access token; if it happens again, check the provider's endpoint.";
        }
    };
}
