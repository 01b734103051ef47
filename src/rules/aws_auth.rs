//! The map of nodes, roles and people to an EKS cluster: `kube-system/aws-auth`. Nothing of it is told but how many of its entries go.
//! Source: <https://docs.aws.amazon.com/eks/latest/userguide/auth-configmap.html>.

use std::collections::BTreeMap;

use crate::facts::outline;
use crate::finding::Severity;
use crate::plan::{Action, ReadError, ResourceChange, Shape, Value};

/// Where each type keeps its data and its metadata.
fn places(kind: &str) -> Option<(&'static [&'static str], &'static [&'static str])> {
    Some(match kind {
        "kubernetes_config_map" | "kubernetes_config_map_v1" | "kubernetes_config_map_v1_data" => {
            (&["data"], &["metadata"])
        }
        "kubernetes_manifest" => (&["manifest", "data"], &["manifest", "metadata"]),
        _ => return None,
    })
}

/// Who has access, by ARN or account, and whether as an administrator of the cluster; `None` when it is not known.
type Entries = BTreeMap<String, bool>;

/// How bad a change of the map is, and why; `None` when it is no such map, or only adds. In a cluster that is made by the same plan nobody had access.
pub(super) fn weigh(
    change: &ResourceChange<'_>,
    new_cluster: bool,
) -> Result<Option<(Severity, String)>, ReadError> {
    if change.kind == "kubectl_manifest" {
        return manifest(change);
    }
    let Some((data, metadata)) = places(&change.kind) else {
        return Ok(None);
    };
    let created = change.action == Action::Create && change.kind == "kubernetes_config_map_v1_data";
    if !(created || change.action == Action::Update) || !is_the_map(change.after(), metadata)? {
        return Ok(None);
    }
    if created {
        return Ok((!new_cluster).then(|| {
            (
                Severity::Medium,
                "it is created: the plan does not show what the map has now, and the new map overwrites it"
                    .to_owned(),
            )
        }));
    }
    let Some(before) = entries(change.before(), data)? else {
        return Ok(None);
    };
    let Some(after) = entries(change.after(), data)? else {
        return Ok(Some((
            Severity::Medium,
            "the new map is known only after the apply".to_owned(),
        )));
    };
    Ok(narrowed(&before, &after, change.before().has_sensitive()))
}

/// How bad it is that a map becomes another one; `hidden`: not even how many entries go is told.
fn narrowed(before: &Entries, after: &Entries, hidden: bool) -> Option<(Severity, String)> {
    let gone = before
        .keys()
        .filter(|who| !after.contains_key(*who))
        .count();
    let admins = |entries: &Entries| entries.values().filter(|admin| **admin).count();
    if after.is_empty() && !before.is_empty() {
        Some((Severity::High, "nobody is left in the map".to_owned()))
    } else if admins(before) > 0 && admins(after) == 0 {
        Some((
            Severity::High,
            "nobody in it can administer the cluster (system:masters)".to_owned(),
        ))
    } else if gone > 0 && hidden {
        let note = "entries of it are not in the new map";
        Some((Severity::Medium, note.to_owned()))
    } else if gone > 0 {
        let are = if gone == 1 { "is" } else { "are" };
        Some((
            Severity::Medium,
            format!(
                "{gone} of {} entries {are} not in the new map",
                before.len()
            ),
        ))
    } else {
        None
    }
}

/// The map as YAML in one text, which the provider marks as sensitive.
/// Source: <https://registry.terraform.io/providers/alekc/kubectl/latest/docs/resources/kubectl_manifest>
fn manifest(change: &ResourceChange<'_>) -> Result<Option<(Severity, String)>, ReadError> {
    let side = |value: Value<'_>| -> Result<Option<Entries>, ReadError> {
        let Some(leaves) = value
            .get("yaml_body")?
            .text()?
            .and_then(|text| outline::read(&text))
        else {
            return Ok(None);
        };
        let is = |path: &[&str], word: &str| {
            leaves
                .iter()
                .any(|leaf| leaf.path.iter().eq(path) && leaf.value == word)
        };
        if !(is(&["kind"], "ConfigMap")
            && is(&["metadata", "name"], "aws-auth")
            && is(&["metadata", "namespace"], "kube-system"))
        {
            return Ok(None);
        }
        let mut found = Entries::new();
        for leaf in &leaves {
            if let [data, key] = leaf.path.as_slice()
                && data == "data"
                && matches!(key.as_str(), "mapRoles" | "mapUsers" | "mapAccounts")
            {
                read(&leaf.value, &mut found);
            }
        }
        Ok(Some(found))
    };
    if change.action != Action::Update {
        return Ok(None);
    }
    Ok(match (side(change.before())?, side(change.after())?) {
        (Some(before), Some(after)) => narrowed(&before, &after, true),
        (Some(_), None) => Some((
            Severity::Medium,
            "the new map is not known until apply, or is another object".to_owned(),
        )),
        (None, _) => None,
    })
}

fn path(steps: &[&str]) -> Vec<String> {
    steps.iter().map(|step| (*step).to_owned()).collect()
}

fn is_the_map(value: Value<'_>, metadata: &[&str]) -> Result<bool, ReadError> {
    for metadata in value.at(&path(metadata))? {
        let items = match metadata.shape()? {
            Shape::List(items) => items,
            _ => vec![metadata],
        };
        for item in items {
            if item
                .get("name")?
                .text()?
                .is_some_and(|name| name == "aws-auth")
                && item
                    .get("namespace")?
                    .text()?
                    .is_some_and(|namespace| namespace == "kube-system")
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

fn entries(value: Value<'_>, data: &[&str]) -> Result<Option<Entries>, ReadError> {
    let mut found = Entries::new();
    for data in value.at(&path(data))? {
        if matches!(data.shape()?, Shape::Unknown) {
            return Ok(None);
        }
        for key in ["mapRoles", "mapUsers", "mapAccounts"] {
            match data.get(key)?.shape()? {
                Shape::Text(text) => read(&text, &mut found),
                Shape::Unknown => return Ok(None),
                _ => {}
            }
        }
    }
    Ok(Some(found))
}

/// Reads a list of entries, written as YAML or as JSON. What YAML allows beyond one entry an item is not followed: an item that is written another
/// way counts by its text.
fn read(text: &str, found: &mut Entries) {
    if let Ok(items) = serde_json::from_str::<Vec<serde_json::Value>>(text) {
        for item in items {
            add(&item.to_string().replace(',', "\n"), found);
        }
        return;
    }
    let indent = |line: &str| line.len() - line.trim_start().len();
    let starts = |line: &&str| line.trim_start().starts_with('-');
    let Some(outer) = text.lines().filter(starts).map(indent).min() else {
        return;
    };
    let mut item = String::new();
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        if starts(&line) && indent(line) == outer {
            add(&item, found);
            item.clear();
        }
        item.push_str(line);
        item.push('\n');
    }
    add(&item, found);
}

fn add(item: &str, found: &mut Entries) {
    if item.trim().is_empty() {
        return;
    }
    let who = item.lines().find_map(|line| {
        let line = line.replace(['"', '\'', '{', '}', '['], " ");
        let (name, value) = line.split_once(':')?;
        let name = name.trim().trim_start_matches('-').trim();
        matches!(name, "rolearn" | "userarn").then(|| value.trim().to_owned())
    });
    let who = who.unwrap_or_else(|| item.trim().to_owned());
    let admin = item.contains("system:masters");
    *found.entry(who).or_default() |= admin;
}

#[cfg(test)]
mod tests {
    use super::{Entries, read};

    #[test]
    fn entries_of_a_map() {
        for text in [
            "- rolearn: arn:aws:iam::1:role/a\n  username: a\n  groups:\n    - system:masters\n- rolearn: arn:aws:iam::1:role/b\n  groups:\n  - system:nodes\n",
            "- \"groups\":\n  - \"system:masters\"\n  \"rolearn\": \"arn:aws:iam::1:role/a\"\n  \"username\": \"a\"\n- \"groups\":\n  - \"system:nodes\"\n  \"rolearn\": \"arn:aws:iam::1:role/b\"\n",
            r#"[{"groups":["system:masters"],"rolearn":"arn:aws:iam::1:role/a","username":"a"},{"rolearn":"arn:aws:iam::1:role/b","groups":["system:nodes"]}]"#,
        ] {
            let mut found = Entries::new();
            read(text, &mut found);
            let wanted = [
                ("arn:aws:iam::1:role/a", true),
                ("arn:aws:iam::1:role/b", false),
            ];
            let wanted: Entries = wanted.map(|(who, admin)| (who.to_owned(), admin)).into();
            assert_eq!(found, wanted, "{text}");
        }
        let mut found = Entries::new();
        read("[]", &mut found);
        assert!(found.is_empty());
    }
}
