//! What a team expects of every plan, as plain data for rules.

use crate::address::Pattern;
use crate::glob::Glob;

/// What a team expects of a plan. An empty list and `None` expect nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// The workspace is one of these.
    pub workspace: Vec<Glob>,
    /// The backend's type is one of these.
    pub backend: Vec<Glob>,
    /// Everything is in one of these accounts.
    pub account: Vec<Glob>,
    /// Everything is in one of these regions.
    pub region: Vec<Glob>,
    /// Every provider is one of these.
    pub providers: Vec<Glob>,
    /// A plan touches one region and one account at once.
    pub one_region: bool,
    /// Only these addresses change.
    pub addresses: Vec<Pattern>,
    /// At most so many objects are destroyed or replaced.
    pub max_destroy: Option<usize>,
    /// At most so many objects change at all.
    pub max_changes: Option<usize>,
}
