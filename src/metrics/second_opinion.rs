//! What the second SAML engine said of a document that the first had verified.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecondOpinion {
    Agreed,
    Disagreed,
    Refused,
    TooLate,
    Failed,
}

impl SecondOpinion {
    pub(super) const ALL: [Self; 5] = [Self::Agreed, Self::Disagreed, Self::Refused, Self::TooLate, Self::Failed];

    pub(super) fn labels(self) -> [(&'static str, &'static str); 1] {
        let name = match self {
            Self::Agreed => "agreed",
            Self::Disagreed => "disagreed",
            Self::Refused => "refused",
            Self::TooLate => "too-late",
            Self::Failed => "failed",
        };
        [("opinion", name)]
    }
}
