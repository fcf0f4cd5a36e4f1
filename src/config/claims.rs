//! `[provider.claims]`: in which form the rules read the provider's claims.

use super::Section;
use crate::catalogue::Normalisation;
use toml::Value;

pub(super) fn read(section: &Section<'_>) -> Normalisation {
    let Some(table) = section.section("claims") else { return Normalisation::default() };
    let mut normalisation = Normalisation::default();
    if let Some(Value::Table(separators)) = table.value("split") {
        for (claim, separator) in separators {
            match separator.as_str() {
                Some(",") => _ = normalisation.split.insert(claim.clone(), ','),
                Some(";") => _ = normalisation.split.insert(claim.clone(), ';'),
                _ => table.mistake(&format!("split.{claim}"), "must be \",\" or \";\": what stands between the values"),
            }
        }
    } else if let Some(other) = table.value("split") {
        table.wrong::<()>("split", "a table of separators, as in { groups = \",\" }", other);
    }
    normalisation.common_name.extend(table.strings("common_name"));
    let torn = normalisation.common_name.iter().filter(|claim| normalisation.split.get(*claim) == Some(&','));
    for claim in torn {
        table.mistake(
            "common_name",
            format!("\"{claim}\" is split at commas, which stand within each distinguished name; leave one out"),
        );
    }
    table.finish();
    normalisation
}
