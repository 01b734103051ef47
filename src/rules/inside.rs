//! What a text inside a plan takes away: a template of CloudFormation without a store that it had, values of a Helm chart that switch its volume off.
//! Sources: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html>,
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html>,
//! <https://helm.sh/docs/chart_best_practices/values/>

use std::collections::BTreeMap;

use super::destroyed::about;
use crate::catalog::{Catalog, Grade, cloud_formation};
use crate::facts::Facts;
use crate::facts::outline::{self, Leaf};
use crate::finding::{Evidence, Finding, Severity, Shown};
use crate::plan::{Action, ReadError, ResourceChange, Shape, Value};
use crate::ui::words::plural;

pub(super) fn check(
    rule: &'static str,
    facts: &Facts<'_, '_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    for change in facts
        .plan
        .managed()
        .filter(|change| change.action == Action::Update)
    {
        match change.kind.as_ref() {
            "aws_cloudformation_stack" | "aws_cloudformation_stack_set" => {
                template(rule, change, findings)?;
            }
            "helm_release" => volume(rule, change, findings)?,
            _ => {}
        }
    }
    Ok(())
}

/// The resources of a template, by their names in it: the type, and what becomes of one that is taken out.
fn resources(value: Value<'_>) -> Result<Option<BTreeMap<String, Resource>>, ReadError> {
    let Some(leaves) = value.text()?.and_then(|text| outline::read(&text)) else {
        return Ok(None);
    };
    let mut found: BTreeMap<String, Resource> = BTreeMap::new();
    for leaf in leaves {
        if let [top, name, what] = leaf.path.as_slice()
            && top == "Resources"
        {
            let resource = found.entry(name.clone()).or_default();
            match what.as_str() {
                "Type" => resource.kind = leaf.value,
                "DeletionPolicy" => resource.stays = leaf.value.starts_with("Retain"),
                _ => {}
            }
        }
    }
    Ok(Some(found))
}

#[derive(Default)]
struct Resource {
    kind: String,
    stays: bool,
}

fn template(
    rule: &'static str,
    change: &ResourceChange<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    let (old, new) = (
        change.before().get("template_body")?,
        change.after().get("template_body")?,
    );
    if old.same_text(&new) || matches!(new.shape()?, Shape::Unknown) {
        return Ok(());
    }
    let (Some(before), Some(after)) = (resources(old)?, resources(new)?) else {
        return Ok(());
    };
    let gone: Vec<(String, &Resource)> = before
        .iter()
        .filter(|(name, resource)| {
            after
                .get(*name)
                .is_none_or(|there| there.kind != resource.kind)
        })
        .filter_map(|(_, resource)| Some((cloud_formation(&resource.kind)?, resource)))
        .collect();
    let catalog = Catalog::for_types(gone.iter().map(|(kind, _)| kind.as_str()))
        .map_err(|_| ReadError("the catalogue is broken"))?;
    let heavy = |kind: &str| {
        catalog
            .get(kind)
            .is_some_and(|row| row.destroy > Grade::Medium && row.category.weighty())
    };
    let lost: Vec<_> = gone.iter().filter(|(kind, _)| heavy(kind)).collect();
    if lost.is_empty() {
        return Ok(());
    }
    let stay = lost.iter().filter(|(_, resource)| resource.stays).count();
    let severity = if stay == lost.len() {
        Severity::Medium
    } else {
        Severity::High
    };
    let mut finding = about(rule, severity, change);
    "stores or networks of the stack are not in the new template".clone_into(&mut finding.message);
    finding.loss = Some(if stay == lost.len() {
        "nothing yet: they leave the stack and stay (DeletionPolicy: Retain)".to_owned()
    } else {
        "what CloudFormation deletes with them; of a database it takes a snapshot first, unless the template says otherwise".to_owned()
    });
    if old.has_sensitive() || new.has_sensitive() {
        finding.evidence.push(Evidence::Attribute {
            path: "template_body".to_owned(),
            value: Shown::Sensitive,
            says: Some("what is in it is marked as sensitive".to_owned()),
        });
    } else {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        for (kind, _) in &lost {
            *kinds.entry(kind).or_default() += 1;
        }
        // Names of the catalogue, not of the template.
        let kinds: Vec<String> = kinds
            .into_iter()
            .map(|(kind, count)| format!("{count} × {kind}"))
            .collect();
        finding.evidence.push(Evidence::Note(format!(
            "{} taken out: {}",
            plural(lost.len(), "resource"),
            kinds.join(", ")
        )));
    }
    finding.help = Some(
        "give them DeletionPolicy: Retain in a template that is applied first, or take a copy of them".to_owned(),
    );
    findings.push(finding);
    Ok(())
}

/// Ends of the names by which charts switch their volumes.
const SWITCHES: [&[&str]; 2] = [
    &["persistence", "enabled"],
    &["persistentVolume", "enabled"],
];

/// The switches that are set, by all names above them; of two the later counts.
fn switches(release: Value<'_>) -> Result<BTreeMap<Vec<String>, bool>, ReadError> {
    let mut found = BTreeMap::new();
    let mut add = |leaf: Leaf| {
        let on = match leaf.value.to_ascii_lowercase().as_str() {
            "true" => true,
            "false" => false,
            _ => return,
        };
        if SWITCHES.iter().any(|end| leaf.ends(end)) {
            found.insert(leaf.path, on);
        }
    };
    if let Shape::List(values) = release.get("values")?.shape()? {
        for value in values {
            let leaves = value.text()?.and_then(|text| outline::read(&text));
            leaves.into_iter().flatten().for_each(&mut add);
        }
    }
    if let Shape::List(sets) = release.get("set")?.shape()? {
        for set in sets {
            if let (Some(name), Some(value)) = (set.get("name")?.text()?, set.get("value")?.text()?)
            {
                add(Leaf {
                    path: name.split('.').map(str::to_owned).collect(),
                    value: value.into_owned(),
                });
            }
        }
    }
    Ok(found)
}

fn volume(
    rule: &'static str,
    change: &ResourceChange<'_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    let (before, after) = (switches(change.before())?, switches(change.after())?);
    let off = after.iter().filter(|(_, on)| !**on);
    let severity = off
        .filter_map(|(path, _)| match before.get(path) {
            Some(true) => Some(Severity::High),
            Some(false) => None,
            // What the chart does by itself is not in the plan.
            None => Some(Severity::Medium),
        })
        .max();
    let Some(severity) = severity else {
        return Ok(());
    };
    let mut finding = about(rule, severity, change);
    "a volume of the release is turned off".clone_into(&mut finding.message);
    finding.loss = Some(
        "what the chart keeps in it: the claim is deleted, or what runs starts again without it"
            .to_owned(),
    );
    let says = if severity == Severity::High {
        "a switch such as persistence.enabled goes from true to false"
    } else {
        "a switch such as persistence.enabled becomes false; what the chart's default was is not in the plan"
    };
    finding.evidence.push(Evidence::Note(says.to_owned()));
    finding.help =
        Some("copy the data first, and keep the claim (helm.sh/resource-policy: keep)".to_owned());
    findings.push(finding);
    Ok(())
}
