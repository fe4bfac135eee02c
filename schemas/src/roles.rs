//! The role table: who may sign which type, with which standing. It is data: `answerable schema roles` prints it,
//! the verifier judges by it.
//! Not here: who holds which role at a position (the verifier's `authority`).

use std::collections::HashMap;
use std::sync::LazyLock;

use serde::Serialize;

use crate::catalogue::TYPES;
use crate::envelope::Standing;
use crate::governance::Role;
use crate::ids::pattern_matches;

/// What an actor must be to sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// Every founder: record 0.
    AllFounders,
    /// As many distinct founders as the threshold says. Who becomes a founder signs beside them, and counts for nothing.
    FoundersThreshold,
    /// The actor that the key belongs to, by one of its live keys; or the founders' threshold (to enrol: only while the
    /// actor has no live key).
    KeyOwnerOrFounders,
    /// The actor whose act the body names: everybody speaks for itself.
    Subject,
    /// The holder of a role.
    Holder(Role),
    /// The actor whose act the body names, if it holds the role of assessor.
    SubjectAssessor,
    /// The actor whose act the body names, speaking about itself.
    OfItself,
    /// The organ that the body names, or the holder of the role of its secretariat.
    Organ,
    /// The holder of the role of depositary whom the treaty's registration names.
    TreatyDepositary,
    /// The author of the corrected event.
    Author,
    /// The actor whom the answered event is about.
    Concerned,
    /// The author of the event that the file was attached to; or the founders' threshold.
    AuthorOrFounders,
}

/// One row: for types that match `pattern`, with `standing`, `who` may sign.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Entitlement {
    pub pattern: &'static str,
    pub standing: Standing,
    pub who: Who,
}

const fn row(pattern: &'static str, standing: Standing, who: Who) -> Entitlement {
    Entitlement { pattern, standing, who }
}

/// The table, but for declared types, which say for themselves who may sign them. A type may be signed if any row that matches it is met.
pub const TABLE: &[Entitlement] = &[
    row("ledger.founded", Standing::Own, Who::AllFounders),
    row("ledger.streams_counted", Standing::Own, Who::FoundersThreshold),
    row("ledger.streams_counted", Standing::Own, Who::Holder(Role::Registrar)),
    row("ledger.*", Standing::Own, Who::FoundersThreshold),
    row("actor.*", Standing::Own, Who::Holder(Role::Registrar)),
    row("state.succeeded", Standing::Own, Who::Holder(Role::Registrar)),
    row("state.succeeded", Standing::Transcribed, Who::Holder(Role::Transcriber)),
    row("key.rotated", Standing::Own, Who::Subject),
    row("key.*", Standing::Own, Who::KeyOwnerOrFounders),
    row("role.*", Standing::Own, Who::FoundersThreshold),
    row("event.corrected", Standing::Own, Who::Author),
    row("event.corrected", Standing::Depositary, Who::Author),
    row("event.corrected", Standing::Transcribed, Who::Author),
    row("event.affirmed", Standing::Own, Who::Concerned),
    row("event.disputed", Standing::Own, Who::Concerned),
    row("attachment.erased", Standing::Own, Who::AuthorOrFounders),
    row("treaty.registered", Standing::Own, Who::Holder(Role::Registrar)),
    row("treaty.registered", Standing::Depositary, Who::TreatyDepositary),
    row("treaty.depositary_corrected", Standing::Depositary, Who::TreatyDepositary),
    row("treaty.depositary_corrected", Standing::Transcribed, Who::Holder(Role::Transcriber)),
    row("treaty.*", Standing::Own, Who::Subject),
    row("treaty.*", Standing::Depositary, Who::TreatyDepositary),
    row("treaty.*", Standing::Transcribed, Who::Holder(Role::Transcriber)),
];

/// The whole table: the rows above, and those of the declared types, each of which a transcriber may transcribe.
pub static ALL: LazyLock<Vec<Entitlement>> = LazyLock::new(|| {
    let declared = TYPES.iter().filter(|t| t.is_declared());
    let rows = declared.flat_map(|t| {
        let transcribed = row(t.name, Standing::Transcribed, Who::Holder(Role::Transcriber));
        t.signers.iter().map(|who| row(t.name, Standing::Own, *who)).chain([transcribed])
    });
    TABLE.iter().copied().chain(rows).collect()
});

/// The rows for a type and standing: those of its most specific pattern.
pub fn entitlements(kind: &str, standing: Standing) -> Vec<Entitlement> {
    static BY_TYPE: LazyLock<HashMap<&str, Vec<Entitlement>>> = LazyLock::new(|| {
        let mut rows: HashMap<&str, Vec<Entitlement>> = HashMap::new();
        ALL.iter().for_each(|e| rows.entry(e.pattern).or_default().push(*e));
        rows
    });
    let of_standing = |e: &&Entitlement| e.standing == standing;
    match BY_TYPE.get(kind) {
        Some(exact) => exact.iter().filter(of_standing).copied().collect(),
        None => {
            let matches = |e: &&Entitlement| pattern_matches(e.pattern, kind);
            TABLE.iter().filter(of_standing).filter(matches).copied().collect()
        }
    }
}

/// True for what the founders' threshold may sign.
pub fn is_governance(kind: &str) -> bool {
    let by_founders = |e: &Entitlement| matches!(e.who, Who::FoundersThreshold | Who::KeyOwnerOrFounders);
    entitlements(kind, Standing::Own).iter().any(by_founders)
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::ids::TypePattern;

    #[test]
    fn every_type_has_a_signer_and_patterns_are_well_formed() {
        for e in ALL.iter() {
            TypePattern::new(e.pattern).unwrap();
        }
        for t in TYPES.iter() {
            assert!(Standing::ALL.iter().any(|s| !entitlements(t.name, *s).is_empty()), "{}", t.name);
        }
        // The specific row shuts out the general one: no state speaks as if it were the depositary.
        assert!(entitlements("treaty.depositary_corrected", Standing::Own).is_empty());
        assert!(entitlements("treaty.registered", Standing::Transcribed).is_empty());
    }
}
