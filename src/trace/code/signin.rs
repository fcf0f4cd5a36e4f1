//! A browser's way to a session.

macro_rules! signin {
    ($($listed:tt)*) => {
        next_room! { $($listed)*
            SignInUnknownProvider = "signin.unknown-provider", "Use the name of a provider that people sign in through, or account:name where the name occurs twice.";
            SignInNoBinding = "signin.no-binding", "Have the identity provider's metadata list a SingleSignOnService for the binding in request_binding, or leave that key out.";
            SignInNoResponse = "signin.no-response", "Begin at the sign-in page; the assertion consumer is for the form that an identity provider posts.";
            SignInByLink = "signin.by-link", "Set the binding with which the identity provider answers us to HTTP-POST.";
            SignInNoAttempt = "signin.no-attempt", "Begin again at the sign-in page in the browser that you want to be signed in with, and let it keep cookies.";
            SignInOtherProvider = "signin.other-provider", "Begin again at the sign-in page; the answer came from another provider than the one that was asked.";
            SignInFrontChannel = "signin.front-channel", "Have the provider send iss and sid with its front-channel logouts (frontchannel_logout_session_required).";
            SignInProviderRefused = "signin.provider-refused", "The identity provider ended the sign-in; its error code is in the trace, and its own log says more.";
        }
    };
}
