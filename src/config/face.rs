//! `display_name` and `logo` of a provider: how people see it.

use super::Section;
use crate::catalogue::{Face, Logo};
use crate::words::is_unseen;
use std::sync::Arc;

const LARGEST_LOGO: u64 = 64 * 1024;

pub(super) fn read(section: &Section<'_>) -> Face {
    let display_name = section.string("display_name").filter(|name| {
        let fits = is_a_name(name);
        if !fits {
            section.mistake("display_name", "has 1 to 64 characters, and none that cannot be seen");
        }
        fits
    });
    Face { display_name, logo: logo(section).map(Arc::new) }
}

/// On a button, a name must not look like another one.
fn is_a_name(text: &str) -> bool {
    (1..=64).contains(&text.chars().count()) && text.trim() == text && !text.chars().any(is_unseen)
}

fn logo(section: &Section<'_>) -> Option<Logo> {
    let source = section.section("logo")?;
    source.required("file");
    let bytes = source.file_bytes("file", LARGEST_LOGO);
    let logo =
        bytes.and_then(|bytes| Logo::read(bytes).map_err(|error| source.mistake("file", error.to_string())).ok());
    source.finish();
    logo
}
