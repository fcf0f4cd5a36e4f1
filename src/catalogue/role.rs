//! A role: who may wear it, and what it may do.

use crate::policy::Policy;
use crate::words::{RoleArn, SessionTags, sha256};
use std::sync::Arc;
use time::Duration;

pub struct Role {
    pub arn: RoleArn,
    /// `AROA` and 17 characters; the same for the same ARN on every node and after every restart.
    pub id: String,
    pub trust: Arc<Policy>,
    pub policies: Vec<NamedPolicy>,
    /// What its policies can permit at most.
    pub boundary: Option<NamedPolicy>,
    /// Worn by each of its sessions, and never handed on.
    pub tags: SessionTags,
    /// 1 to 12 hours.
    pub max_session: Duration,
    pub description: String,
}

/// A permission policy under the name that decisions report it by.
#[derive(Clone)]
pub struct NamedPolicy {
    pub name: String,
    pub policy: Arc<Policy>,
}

impl NamedPolicy {
    pub fn named(&self) -> (&str, &Policy) {
        (&self.name, &self.policy)
    }
}

impl Role {
    /// The id of the role of this ARN.
    pub fn id_of(arn: &RoleArn) -> String {
        unique_id("AROA", arn.as_str())
    }
}

/// An AWS-shaped unique id: the prefix and 17 characters of base32.
pub(super) fn unique_id(prefix: &str, of: &str) -> String {
    const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let hash = sha256(of.as_bytes());
    let tail = hash.iter().take(17).map(|byte| char::from(BASE32[usize::from(byte & 31)]));
    let mut id = String::with_capacity(prefix.len() + 17);
    id.push_str(prefix);
    id.extend(tail);
    id
}
