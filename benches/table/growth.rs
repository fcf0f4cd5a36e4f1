//! Whether it stays as fast with much on record.

pub(crate) fn report() {}
