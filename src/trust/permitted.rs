//! What a caller is permitted, as it stands: for showing it to them.

use super::VerifiedCaller;
use crate::catalogue::{Catalogue, NamedPolicy};

/// What applies: something is permitted if an identity policy allows it, and the boundary and one of the session's policies
/// too, as far as there are any, and if none of all these denies it.
pub struct Permitted {
    pub identity: Vec<NamedPolicy>,
    pub boundary: Option<NamedPolicy>,
    pub session: Vec<NamedPolicy>,
}

impl VerifiedCaller {
    pub fn permitted(&self, catalogue: &Catalogue) -> Permitted {
        let (identity, boundary) = self.own_policies(catalogue);
        Permitted {
            identity: identity.to_vec(),
            boundary: boundary.cloned(),
            session: self.session_policies(catalogue),
        }
    }
}
