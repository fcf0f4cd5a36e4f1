//! Why a sign-in fails.

use crate::console::ConsoleError;
use crate::oidc::{LogoutTokenError, OidcError};
use crate::saml::logout::LogoutError;
use crate::sts::{Ending, StsError};
use crate::trace::{Code, Refusal};
use crate::trust::TrustError;

#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("there is no provider called \"{0}\" that people can sign in through")]
    UnknownProvider(String),
    /// Of somebody who is not known yet.
    #[error("{0}")]
    Disabled(TrustError),
    #[error("the provider's metadata has no single sign-on service for the binding that is to be used")]
    NoBinding,
    #[error("nothing was sent to the assertion consumer")]
    NoResponse,
    #[error(
        "the identity provider sent its answer by a link, and the assertion consumer takes the form that is posted"
    )]
    ByLink,
    #[error("this browser has begun no sign-in that the answer belongs to, or it took longer than ten minutes")]
    NoAttempt,
    #[error("the answer came from another provider than the one that was asked")]
    OtherProvider,
    #[error("the identity provider ended the sign-in: {0}")]
    ProviderRefused(String),
    #[error("the provider's page did not say which login of which issuer has ended")]
    FrontChannel,
    #[error("{0}")]
    Logout(#[from] LogoutError),
    #[error("{0}")]
    LogoutToken(#[from] LogoutTokenError),
    #[error("{0}")]
    Oidc(#[from] OidcError),
    #[error("{0}")]
    Sts(#[from] StsError),
    #[error("{0}")]
    Console(#[from] ConsoleError),
}

impl Ending for SignInError {
    fn is_of_the_paper(&self) -> bool {
        match self {
            Self::Logout(_) => true,
            Self::LogoutToken(LogoutTokenError::Token(error)) | Self::Oidc(error) => {
                !error.is_unreachable() && *error != OidcError::Pace
            }
            Self::LogoutToken(_) => true,
            Self::Sts(error) => error.is_of_the_paper(),
            _ => false,
        }
    }

    fn is_of_a_verified_principal(&self) -> bool {
        match self {
            Self::Sts(error) => error.is_of_a_verified_principal(),
            Self::Console(error) => error.is_of_a_verified_principal(),
            _ => false,
        }
    }
}

impl Refusal for SignInError {
    fn code(&self) -> Code {
        match self {
            Self::UnknownProvider(_) => Code::SignInUnknownProvider,
            Self::Disabled(error) => error.code(),
            Self::NoBinding => Code::SignInNoBinding,
            Self::NoResponse => Code::SignInNoResponse,
            Self::ByLink => Code::SignInByLink,
            Self::NoAttempt => Code::SignInNoAttempt,
            Self::OtherProvider => Code::SignInOtherProvider,
            Self::ProviderRefused(_) => Code::SignInProviderRefused,
            Self::FrontChannel => Code::SignInFrontChannel,
            Self::Logout(error) => error.code(),
            Self::LogoutToken(error) => error.code(),
            Self::Oidc(error) => error.code(),
            Self::Sts(error) => error.code(),
            Self::Console(error) => error.code(),
        }
    }

    fn expected(&self) -> Option<String> {
        match self {
            Self::Logout(error) => error.expected(),
            Self::LogoutToken(error) => error.expected(),
            Self::Oidc(error) => error.expected(),
            Self::Sts(error) => error.expected(),
            Self::Console(error) => error.expected(),
            _ => None,
        }
    }

    fn received(&self) -> Option<String> {
        match self {
            Self::Logout(error) => error.received(),
            Self::LogoutToken(error) => error.received(),
            Self::Oidc(error) => error.received(),
            Self::Sts(error) => error.received(),
            Self::Console(error) => error.received(),
            _ => None,
        }
    }
}
