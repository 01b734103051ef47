//! Why Terraform does something to an object (docs/plan-format.md): a number in a saved plan, a word in JSON.

/// Why, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The state has it marked as tainted.
    Tainted,
    /// `-replace`.
    Requested,
    /// The provider cannot change it in place.
    CannotUpdate,
    /// `replace_triggered_by`.
    Triggered,
    /// Its block is gone.
    NoBlock,
    /// Its module is gone.
    NoModule,
    /// `count`, `for_each` or neither: it was another one.
    Repetition,
    /// Its index is beyond `count`.
    CountIndex,
    /// Its key is gone from `for_each`.
    EachKey,
    /// Nothing is where it was moved to.
    NoMoveTarget,
    /// `lifecycle.enabled` is false (OpenTofu).
    Disabled,
    /// Something else.
    Other,
}

/// The number, the word and the reason.
const ALL: [(u64, &str, Reason); 16] = [
    (1, "replace_because_tainted", Reason::Tainted),
    (2, "replace_by_request", Reason::Requested),
    (3, "replace_because_cannot_update", Reason::CannotUpdate),
    (4, "delete_because_no_resource_config", Reason::NoBlock),
    (5, "delete_because_wrong_repetition", Reason::Repetition),
    (6, "delete_because_count_index", Reason::CountIndex),
    (7, "delete_because_each_key", Reason::EachKey),
    (8, "delete_because_no_module", Reason::NoModule),
    (9, "replace_by_triggers", Reason::Triggered),
    (10, "read_because_config_unknown", Reason::Other),
    (11, "read_because_dependency_pending", Reason::Other),
    (12, "delete_because_no_move_target", Reason::NoMoveTarget),
    (13, "read_because_check_nested", Reason::Other),
    (14, "delete_because_enabled_false", Reason::Disabled),
    (
        15,
        "forgot_because_lifecycle_destroy_in_state",
        Reason::Other,
    ),
    (
        16,
        "forgot_because_lifecycle_destroy_in_config",
        Reason::Other,
    ),
];

impl Reason {
    /// Of a saved plan's number; `None` for one that is not known.
    pub(crate) fn of_number(number: u64) -> Option<Self> {
        let known = ALL.iter().find(|(known, ..)| *known == number);
        known.map(|(_, _, reason)| *reason)
    }

    /// Of a word of JSON.
    pub(crate) fn of_word(word: &str) -> Self {
        let known = ALL.iter().find(|(_, known, _)| *known == word);
        known.map_or(Self::Other, |(_, _, reason)| *reason)
    }
}
