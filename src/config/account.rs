//! `[[account]]`.

use super::Section;
use crate::catalogue::{Account, Draft, Placed};

pub(super) fn read(root: &Section<'_>, draft: &mut Draft) {
    for section in root.sections("account", "id") {
        let id = section.required_parsed("id");
        let alias = section.string("alias");
        if alias.as_ref().is_some_and(|alias| alias.is_empty() || alias.len() > 63) {
            section.mistake("alias", "has 1 to 63 characters");
        }
        let origin = section.origin();
        section.finish();
        if let Some(id) = id {
            let alias = alias.unwrap_or_else(|| crate::words::AccountId::to_string(&id));
            draft.accounts.push(Placed { origin, value: Account { id, alias } });
        }
    }
}
