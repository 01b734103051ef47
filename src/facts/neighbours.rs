//! What a destroyed backup was taken of, and whether that stays: a backup whose source goes too was the last recovery.

use std::collections::HashMap;

use crate::catalog::{Catalog, Category, Grade};
use crate::finding::{Evidence, brief};
use crate::plan::{Action, Opened, Plan, ReadError, Shape, Value};

use crate::facts::condition;
use crate::facts::destroy::Destroy;

/// What became of the source of a destroyed backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Source {
    /// It is no backup, or it does not say what it was taken of.
    NotAsked,
    /// The source stays: its address.
    Stays(String),
    /// The source is destroyed by the same plan: its address.
    Goes(String),
    /// The source is not in the state.
    Unmanaged,
}

/// Finds the sources of destroyed backups and raises those whose source does not stay.
pub(super) fn weigh_backups(
    plan: &Plan<'_>,
    catalog: &Catalog,
    destroys: &mut [Destroy<'_, '_>],
) -> Result<(), ReadError> {
    let mut wanted: Vec<(usize, Vec<String>)> = Vec::new();
    for (at, destroy) in destroys.iter().enumerate() {
        let Some(row) = destroy
            .row
            .filter(|row| row.category == Category::Backup && !row.backs_up.is_empty())
        else {
            continue;
        };
        let mut names = Vec::new();
        let value = Opened::new(destroy.change.before())?;
        for path in &row.backs_up {
            if let Some(found) = condition::texts(std::slice::from_ref(path), &value)? {
                names.extend(found);
            }
        }
        if !names.is_empty() {
            wanted.push((at, names));
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    // By name: many backups may be of one source, and many objects may share a name.
    let mut sources: HashMap<&str, Option<Source>> = wanted
        .iter()
        .flat_map(|(_, names)| names)
        .map(|name| (name.as_str(), None))
        .collect();
    let mut seen = 0;
    for change in plan
        .managed()
        .filter(|change| change.action.has_before() && change.deposed().is_none())
    {
        seen += 1;
        let Some(row) = catalog
            .get(&change.kind)
            .filter(|row| row.category.holds_data() || row.category == Category::Machine)
        else {
            continue;
        };
        if matches!(row.category, Category::Backup | Category::Carrier) {
            continue;
        }
        let value = change.before();
        for (name, value) in value.members()? {
            let named = matches!(
                name.as_ref(),
                "id" | "arn" | "identifier" | "name" | "self_link" | "bucket"
            ) || row.identity.iter().any(|path| path.text() == name);
            if named
                && let Shape::Text(text) = value.shape()?
                && let Some(source) = sources.get_mut(text.as_ref())
            {
                let address = brief(&change.address);
                let found = if change.action.destroys() {
                    Source::Goes(address)
                } else {
                    Source::Stays(address)
                };
                if source
                    .as_ref()
                    .is_none_or(|there| rank(&found) < rank(there))
                {
                    *source = Some(found);
                }
            }
        }
    }
    // A plan that covers a part of the state (-target) does not show all sources.
    let whole = plan
        .prior
        .as_ref()
        .is_none_or(|prior| prior.count() <= seen);
    for (at, names) in &wanted {
        let Some(destroy) = destroys.get_mut(*at) else {
            continue;
        };
        let found = names
            .iter()
            .filter_map(|name| sources.get(name.as_str())?.as_ref())
            .min_by_key(|source| rank(source));
        destroy.source = found.cloned().unwrap_or(if whole {
            Source::Unmanaged
        } else {
            Source::NotAsked
        });
        match &destroy.source {
            Source::Goes(_) | Source::Unmanaged if destroy.grade == Grade::High => {
                destroy.grade = Grade::Critical;
            }
            Source::Stays(_) if destroy.change.action == Action::CreateDelete => {
                destroy.evidence.push(Evidence::Note(
                    "a new one of the same source is created first".to_owned(),
                ));
                destroy.grade = destroy.grade.min(Grade::Medium);
            }
            _ => {}
        }
    }
    let newest = newest(plan, catalog, &sources)?;
    for (at, names) in &wanted {
        let Some(destroy) = destroys
            .get_mut(*at)
            .filter(|destroy| destroy.grade == Grade::High)
        else {
            continue;
        };
        let taken = taken(destroy.change.before())?;
        let newer = names.iter().find_map(|name| newest.get(name.as_str()));
        if let (Source::Stays(_), Some(taken), Some((newer, address))) =
            (&destroy.source, taken, newer)
            && *newer > taken
        {
            destroy.evidence.push(Evidence::Note(format!(
                "a newer one of the same source stays: {address}"
            )));
            destroy.grade = Grade::Medium;
        }
    }
    Ok(())
}

/// Which of several objects of one name is taken for the source, whatever their order: one that goes, then by address.
fn rank(source: &Source) -> (bool, &str) {
    match source {
        Source::Goes(address) => (false, address),
        Source::Stays(address) => (true, address),
        Source::NotAsked | Source::Unmanaged => (true, ""),
    }
}

/// Attributes that say when a copy was taken.
const TAKEN: &[&str] = &[
    "snapshot_create_time",
    "start_time",
    "creation_time",
    "creation_timestamp",
    "creation_date",
    "created_at",
    "time_created",
    "create_time",
];

/// When a copy was taken: only times that are written in the one way that sorts as text, in UTC.
fn taken(value: Value<'_>) -> Result<Option<String>, ReadError> {
    for name in TAKEN {
        if let Some(text) = value.get(name)?.text()?
            && text.len() >= 20
            && text.ends_with('Z')
            && text.as_bytes().get(10) == Some(&b'T')
        {
            return Ok(Some(text.into_owned()));
        }
    }
    Ok(None)
}

/// The newest copy of each source that stays, with its address.
fn newest<'s>(
    plan: &Plan<'_>,
    catalog: &Catalog,
    sources: &HashMap<&'s str, Option<Source>>,
) -> Result<HashMap<&'s str, (String, String)>, ReadError> {
    let mut newest: HashMap<&str, (String, String)> = HashMap::new();
    let stay = plan.managed().filter(|change| {
        matches!(change.action, Action::NoOp | Action::Update) && change.deposed().is_none()
    });
    for change in stay {
        let Some(row) = catalog
            .get(&change.kind)
            .filter(|row| row.category == Category::Backup && !row.backs_up.is_empty())
        else {
            continue;
        };
        let Some(time) = taken(change.before())? else {
            continue;
        };
        let value = Opened::new(change.before())?;
        for name in condition::texts(&row.backs_up, &value)?.unwrap_or_default() {
            let Some((source, _)) = sources.get_key_value(name.as_str()) else {
                continue;
            };
            let there = newest.entry(source).or_default();
            if time > there.0 {
                *there = (time.clone(), brief(&change.address));
            }
        }
    }
    Ok(newest)
}
