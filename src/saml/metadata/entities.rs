//! From a document to the one entity that is wanted: the root itself, or somewhere in a federation's list.

use super::MetadataError;
use crate::saml::names::METADATA;
use crate::saml::tree::{self, Tree};
use crate::words::iso;
use time::{Duration, OffsetDateTime};
use uppsala::NodeId;

/// An EntityDescriptor, and how long it counts by the word of every element around it.
pub(super) struct Entity {
    pub(super) node: NodeId,
    pub(super) id: String,
    pub(super) lasting: Lasting,
}

/// The earliest `validUntil` and the shortest `cacheDuration` (SAML metadata §2.3.1, §2.3.2, §2.4.1).
#[derive(Clone, Copy, Default)]
pub(super) struct Lasting {
    pub(super) valid_until: Option<OffsetDateTime>,
    pub(super) cache_duration: Option<Duration>,
}

pub(super) fn is_aggregate(tree: Tree<'_, '_>, root: NodeId) -> bool {
    tree.is(root, METADATA, "EntitiesDescriptor")
}

/// The entity called `wanted`; without a name, the only one that a document has which is no list.
pub(super) fn find(
    tree: Tree<'_, '_>,
    root: NodeId,
    wanted: Option<&str>,
    now: OffsetDateTime,
) -> Result<Entity, MetadataError> {
    if !is_aggregate(tree, root) {
        let lasting = Lasting::default().within(tree, root, now)?;
        let id = tree.attribute(root, "entityID").filter(|id| (1..=1024).contains(&id.chars().count()));
        let id = id.ok_or(MetadataError::EntityId)?.to_owned();
        return match wanted.filter(|wanted| *wanted != id) {
            Some(wanted) => Err(MetadataError::OtherEntity { found: id, expected: wanted.to_owned() }),
            None => Ok(Entity { node: root, id, lasting }),
        };
    }
    let wanted = wanted.ok_or(MetadataError::Aggregate)?;
    let (mut lists, mut found) = (vec![root], Vec::new());
    while let Some(list) = lists.pop() {
        lists.extend(tree.named(list, METADATA, "EntitiesDescriptor"));
        let entities = tree.named(list, METADATA, "EntityDescriptor");
        found.extend(entities.into_iter().filter(|entity| tree.attribute(*entity, "entityID") == Some(wanted)));
    }
    let [node] = found[..] else {
        return Err(MetadataError::EntityCount { count: found.len(), wanted: wanted.to_owned() });
    };
    let mut around = tree.0.ancestors(node);
    around.retain(|node| is_aggregate(tree, *node));
    let mut lasting = Lasting::default();
    for element in around.into_iter().chain([node]) {
        lasting = lasting.within(tree, element, now)?;
    }
    Ok(Entity { node, id: wanted.to_owned(), lasting })
}

impl Lasting {
    /// What is left of it by the word of `node`.
    pub(super) fn within(self, tree: Tree<'_, '_>, node: NodeId, now: OffsetDateTime) -> Result<Self, MetadataError> {
        let until = valid_until(tree, node, now)?;
        // A hint for those who fetch: one that cannot be read is none.
        let cached = tree.attribute(node, "cacheDuration").and_then(duration);
        Ok(Self {
            valid_until: self.valid_until.into_iter().chain(until).min(),
            cache_duration: self.cache_duration.into_iter().chain(cached).min(),
        })
    }
}

fn valid_until(tree: Tree<'_, '_>, node: NodeId, now: OffsetDateTime) -> Result<Option<OffsetDateTime>, MetadataError> {
    let Some(text) = tree.attribute(node, "validUntil") else { return Ok(None) };
    let element = tree.name(node);
    let Some(until) = tree::instant(text) else { return Err(MetadataError::ValidUntilUnreadable { element }) };
    if now < until {
        Ok(Some(until))
    } else {
        Err(MetadataError::Expired { element, until: iso(until), now: iso(now) })
    }
}

/// An `xs:duration` in whole units, as in `PT6H` or `P1DT12H`; a month has 30 days, a year 365.
fn duration(text: &str) -> Option<Duration> {
    let (mut seconds, mut of_day, mut number) = (0_i64, false, String::new());
    for character in text.strip_prefix('P')?.chars() {
        let unit = match (character, of_day) {
            ('0'..='9' | '.', _) => {
                number.push(character);
                continue;
            }
            ('T', false) => {
                of_day = true;
                continue;
            }
            ('Y', false) => 365 * 86_400,
            ('M', false) => 30 * 86_400,
            ('D', false) => 86_400,
            ('H', true) => 3_600,
            ('M', true) => 60,
            ('S', true) => 1,
            _ => return None,
        };
        let whole: i64 = std::mem::take(&mut number).split('.').next()?.parse().ok()?;
        seconds = seconds.checked_add(whole.checked_mul(unit)?)?;
    }
    (number.is_empty() && seconds > 0).then(|| Duration::seconds(seconds))
}
