//! The provider blocks that guards ask for, each looked up once: the configuration of a big plan is too long to be read for every destroy.

use std::collections::BTreeMap;

use crate::plan::versions::{Version, version};
use crate::plan::{Plan, ReadError, Value};

/// Name of the provider as a change says it, and the prefix of its types.
type Asked<'a> = (Option<&'a str>, &'a str);

/// The most providers that are looked up: for each the whole configuration is read.
const MOST: usize = 16;

/// The blocks that were asked for.
pub(super) struct Providers<'a, 'p> {
    plan: &'a Plan<'p>,
    known: BTreeMap<Asked<'a>, Vec<Value<'p>>>,
    versions: BTreeMap<Asked<'a>, Option<Version>>,
}

impl<'a, 'p> Providers<'a, 'p> {
    pub(super) const fn new(plan: &'a Plan<'p>) -> Self {
        Self {
            plan,
            known: BTreeMap::new(),
            versions: BTreeMap::new(),
        }
    }

    /// Whether the plan was made with this version of the provider or a later one. What is not known is taken for an older one.
    pub(super) fn from(&mut self, provider: Option<&'a str>, prefix: &'a str, since: &str) -> bool {
        let plan = self.plan;
        if self.versions.len() > MOST {
            return false;
        }
        let used = *self
            .versions
            .entry((provider, prefix))
            .or_insert_with(|| plan.provider_version(provider, prefix));
        matches!((used, version(since)), (Some(used), Some(since)) if used >= since)
    }

    /// See [`Plan::provider_blocks`].
    pub(super) fn blocks(
        &mut self,
        provider: Option<&'a str>,
        prefix: &'a str,
    ) -> Result<&[Value<'p>], ReadError> {
        use std::collections::btree_map::Entry;
        // Of more than there can be nothing is known.
        if self.known.len() > MOST {
            return Ok(&[Value::UNKNOWN]);
        }
        Ok(match self.known.entry((provider, prefix)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(self.plan.provider_blocks(provider, prefix)?),
        })
    }
}
