//! What a guard of its own guards (the versioning of a bucket, the protection of a branch, a list of members), and what goes along with a carrier:
//! a guard whose ward goes in the same plan is nothing of its own, and what is in a carrier goes though the plan shows it as unchanged.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::catalog::{Category, Grade};
use crate::facts::Destroy;
use crate::facts::kinds::is_for;
use crate::finding::{Evidence, brief};
use crate::plan::{Action, Plan, ReadError, ResourceChange, Shape, Value};

/// Attributes by which a guard may name what it guards.
const NAMES: &[&str] = &[
    "id",
    "arn",
    "self_link",
    "name",
    "number",
    "bucket",
    "identifier",
    "node_id",
    "repo_id",
    "full_name",
    "project_id",
    "account_id",
    "secret_id",
];

/// How many things of one name are looked at: with more of them nobody knows which is meant.
const MOST: usize = 16;

/// What goes, by its names.
type Going = HashMap<String, Vec<Ward>>;

struct Ward {
    at: usize,
    kind: String,
    replaced: bool,
}

/// Guards of everything of some kinds, wherever it is: rules for the passwords of an account's users.
const OF_KINDS: &[(&str, &[&str])] = &[
    ("aws_iam_account_password_policy", &["aws_iam_user"]),
    (
        "snowflake_password_policy",
        &["snowflake_user", "snowflake_legacy_service_user"],
    ),
];

/// Takes the grade off guards whose wards all go.
pub(super) fn release_rest(
    plan: &Plan<'_>,
    destroys: &mut [Destroy<'_, '_>],
) -> Result<(), ReadError> {
    let mut released: HashSet<String> = HashSet::new();
    let mut kept: HashSet<String> = HashSet::new();
    let asks = |destroy: &Destroy<'_, '_>| {
        destroy.grade > Grade::None
            && destroy.change.action == Action::Delete
            && (destroy.change.kind == "aws_backup_plan"
                || OF_KINDS
                    .iter()
                    .any(|(guard, _)| destroy.change.kind == *guard))
    };
    if !destroys.iter().any(asks) {
        return Ok(());
    }
    // A backup plan guards what its selections choose.
    for destroy in destroys.iter() {
        if destroy.change.kind == "aws_backup_selection"
            && let Some(id) = destroy.change.before().get("plan_id")?.text()?
        {
            let list = if destroy.grade == Grade::None {
                &mut released
            } else {
                &mut kept
            };
            list.insert(id.into_owned());
        }
    }
    let (mut going, mut staying): (HashSet<&str>, HashSet<&str>) = Default::default();
    for change in plan.managed().filter(|change| change.deposed().is_none()) {
        for kind in OF_KINDS.iter().flat_map(|(_, wards)| wards.iter()) {
            if change.kind == *kind {
                let list = if change.action == Action::Delete {
                    &mut going
                } else {
                    &mut staying
                };
                list.insert(*kind);
            }
        }
    }
    for destroy in destroys.iter_mut().filter(|destroy| asks(destroy)) {
        let goes = if destroy.change.kind == "aws_backup_plan" {
            let id = destroy
                .change
                .before()
                .get("id")?
                .text()?
                .unwrap_or_default();
            released.contains(id.as_ref()) && !kept.contains(id.as_ref())
        } else {
            let wards = OF_KINDS
                .iter()
                .find(|(guard, _)| destroy.change.kind == *guard);
            let wards = wards.map_or(&[][..], |(_, wards)| wards);
            wards.iter().any(|kind| going.contains(kind))
                && !wards.iter().any(|kind| staying.contains(kind))
        };
        if goes {
            destroy.grade = Grade::None;
        }
    }
    Ok(())
}

/// Takes the grade off guards whose ward goes too.
pub(super) fn release(destroys: &mut [Destroy<'_, '_>]) -> Result<(), ReadError> {
    let mut asks = Vec::new();
    for (at, destroy) in destroys.iter().enumerate() {
        if destroy.grade > Grade::None && destroy.change.deposed().is_none() {
            let names = wards(destroy)?;
            if !names.is_empty() {
                asks.push((at, names));
            }
        }
    }
    if asks.is_empty() {
        return Ok(());
    }
    let mut going = Going::new();
    for (at, destroy) in destroys.iter().enumerate() {
        if destroy.kept || destroy.change.deposed().is_some() {
            continue;
        }
        for name in names_of(destroy)? {
            let wards = going.entry(name).or_default();
            if wards.len() < MOST {
                wards.push(Ward {
                    at,
                    kind: destroy.change.kind.to_string(),
                    replaced: destroy.change.action.replaces(),
                });
            }
        }
    }
    for (at, named) in asks {
        let Some(destroy) = destroys.get_mut(at) else {
            continue;
        };
        let change = destroy.change;
        let goes = |attribute: &str, name: &str| {
            // The last part of a path names the thing too: projects/p/topics/NAME.
            let last = name.rsplit('/').next().unwrap_or(name);
            [name, last].into_iter().any(|part| {
                going.get(part).into_iter().flatten().any(|ward| {
                    ward.at != at
                        && (!ward.replaced || change.action.replaces())
                        && (part == name && is_unique(name)
                            || is_for(&change.kind, attribute, &ward.kind))
                })
            })
        };
        if named
            .iter()
            .any(|(attribute, names)| names.iter().all(|name| goes(attribute, name)))
        {
            destroy.grade = Grade::None;
        }
    }
    Ok(())
}

/// Whether no two things have such a name: a path or an ARN, or an id that a service gave.
fn is_unique(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.contains('/') || name.matches(':').count() >= 4 || (name.len() >= 10 && digits >= 4)
}

/// The attributes by which a guard names what it guards, with the names: of a list all count.
fn wards(destroy: &Destroy<'_, '_>) -> Result<Vec<(String, Vec<String>)>, ReadError> {
    let change = destroy.change;
    let mut found = Vec::new();
    if is_access_list(&change.kind) {
        for (name, value) in change.before().members()? {
            if !is_no_target(&change.kind, &name)
                && let Some(text) = value.text()?.filter(|text| !text.is_empty())
            {
                found.push((name.into_owned(), vec![text.into_owned()]));
            }
        }
        return Ok(found);
    }
    let Some(row) = destroy.row.filter(|row| !row.guards.is_empty()) else {
        return Ok(found);
    };
    let value = change.before();
    for path in &row.guards {
        let mut names = Vec::new();
        for value in value.at(path.steps())? {
            collect(value, &mut names)?;
        }
        if !names.is_empty() {
            let last = path.steps().last().map_or("", String::as_str);
            found.push((last.to_owned(), names));
        }
    }
    Ok(found)
}

fn collect(value: Value<'_>, names: &mut Vec<String>) -> Result<(), ReadError> {
    match value.shape()? {
        Shape::Text(text) if !text.is_empty() => names.push(text.into_owned()),
        Shape::Number(text) => names.push(text.into_owned()),
        Shape::List(items) => {
            for item in items {
                if let Shape::Text(text) = item.shape()? {
                    names.push(text.into_owned());
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Lists of who may do what with one thing, by the names that the provider gives them all.
fn is_access_list(kind: &str) -> bool {
    ["_iam_policy", "_iam_binding", "_iam_member"]
        .iter()
        .any(|end| kind.ends_with(end))
        && !kind.starts_with("aws_")
}

/// What of such a list is not the thing itself. Of one for something in a project, the project is not the target.
pub(crate) fn is_no_target(kind: &str, name: &str) -> bool {
    matches!(
        name,
        "id" | "etag" | "policy_data" | "members" | "member" | "role" | "location" | "region"
    ) || (name == "project" && !kind.starts_with("google_project_iam"))
}

fn names_of(destroy: &Destroy<'_, '_>) -> Result<BTreeSet<String>, ReadError> {
    let value = destroy.change.before();
    let mut found = names(value, NAMES)?;
    let paths = destroy.row.map_or(&[][..], |row| row.identity.as_slice());
    for path in paths {
        for value in value.at(path.steps())? {
            if let Shape::Text(text) = value.shape()?
                && !text.is_empty()
            {
                found.insert(text.into_owned());
            }
        }
    }
    Ok(found)
}

fn names(value: Value<'_>, attributes: &[&str]) -> Result<BTreeSet<String>, ReadError> {
    let mut found = BTreeSet::new();
    for (name, value) in value.members()? {
        if attributes.contains(&name.as_ref()) {
            match value.shape()? {
                Shape::Text(text) if !text.is_empty() => {
                    found.insert(text.into_owned());
                }
                Shape::Number(text) => {
                    found.insert(text.into_owned());
                }
                _ => {}
            }
        }
    }
    Ok(found)
}

/// Says of a carrier what is in it and goes along, though the plan leaves it unchanged.
pub(super) fn note_content(
    plan: &Plan<'_>,
    destroys: &mut [Destroy<'_, '_>],
) -> Result<(), ReadError> {
    let mut carriers: HashMap<String, Vec<(usize, String)>> = HashMap::new();
    for (at, destroy) in destroys.iter().enumerate() {
        let carries = destroy.row.is_some_and(|row| {
            matches!(
                row.category,
                Category::Carrier | Category::Cluster | Category::ObjectStore | Category::Database
            )
        });
        if carries && !destroy.kept && destroy.change.deposed().is_none() {
            for name in names(
                destroy.change.before(),
                &["id", "arn", "name", "self_link", "project_id", "bucket"],
            )? {
                let named = carriers.entry(name).or_default();
                if named.len() < MOST {
                    named.push((at, destroy.change.kind.to_string()));
                }
            }
        }
    }
    if carriers.is_empty() {
        return Ok(());
    }
    let mut content: HashMap<usize, Vec<String>> = HashMap::new();
    let stays = |change: &&ResourceChange<'_>| {
        matches!(change.action, Action::NoOp | Action::Update) && change.deposed().is_none()
    };
    for change in plan.managed().filter(stays) {
        let mut within = BTreeSet::new();
        for (attribute, value) in change.before().members()? {
            if matches!(attribute.as_ref(), "id" | "arn" | "name" | "self_link") {
                continue;
            }
            let Shape::Text(text) = value.shape()? else {
                continue;
            };
            for (at, kind) in carriers.get(text.as_ref()).into_iter().flatten() {
                if is_unique(&text) && says_where(&attribute)
                    || is_for(&change.kind, &attribute, kind)
                {
                    within.insert(*at);
                }
            }
        }
        for at in within {
            content.entry(at).or_default().push(brief(&change.address));
        }
    }
    for (at, addresses) in content {
        if let Some(destroy) = destroys.get_mut(at) {
            destroy.evidence.push(Evidence::Note(along(&addresses)));
        }
    }
    Ok(())
}

/// Whether an attribute tells in what an object is, and not what it merely uses: `database_id`, `parent`, `server_id`.
fn says_where(attribute: &str) -> bool {
    attribute == "parent"
        || [
            "project",
            "cluster",
            "database",
            "server",
            "namespace",
            "bucket",
        ]
        .iter()
        .any(|word| attribute.starts_with(word))
}

fn along(addresses: &[String]) -> String {
    let count = addresses.len();
    let first: Vec<&str> = addresses.iter().take(3).map(String::as_str).collect();
    let mut text = format!(
        "{count} {} shown as unchanged and go{} too: {}",
        if count == 1 {
            "object in it is"
        } else {
            "objects in it are"
        },
        if count == 1 { "es" } else { "" },
        first.join(", ")
    );
    if count > first.len() {
        text.push_str(&format!(" and {} more", count - first.len()));
    }
    text
}
