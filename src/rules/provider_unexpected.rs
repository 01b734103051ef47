//! The plan needs a provider that is not on the list: code of somebody who is not known, with the credentials of the run.

use std::collections::{BTreeMap, HashSet};

use super::{Needs, Rule, Switch};
use crate::address::glob::Glob;
use crate::facts::{Facts, setting};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::ReadError;
use crate::plan::configured::Configured;
use crate::ui::words::plural;

pub(super) static RULE: Rule = rule! {
    "provider-unexpected",
    title: "the plan uses a provider that the policy does not list",
    severity: Severity::High,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

/// Providers that are named.
const NAMED: usize = 8;
/// What a source address without a host stands for.
const HOSTS: [&str; 2] = ["registry.terraform.io/", "registry.opentofu.org/"];
/// And one without a namespace.
const DEFAULT: &str = "hashicorp";

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let expected = facts.limits.expect.names(&setting::PROVIDERS);
    if expected.is_empty() {
        return Ok(());
    }
    // Each in one way of writing, with a change that uses it where there is one.
    let mut used: BTreeMap<String, Option<&str>> = BTreeMap::new();
    for change in facts.plan.changes.iter().chain(&facts.plan.deferred) {
        if let Some(provider) = change.provider().filter(|provider| {
            !provider.starts_with("terraform.io/builtin/") && *provider != "terraform"
        }) {
            used.entry(short(provider))
                .or_default()
                .get_or_insert(&change.address);
        }
    }
    let seen: HashSet<String> = used
        .keys()
        .filter_map(|used| used.rsplit('/').next())
        .map(str::to_owned)
        .collect();
    let (sources, all) = Configured::new(facts.plan, &facts.state.sources)?.sources();
    for source in sources {
        // A local name alone is that of a provider that was seen, or else one of HashiCorp's.
        if source.contains('/') || !seen.contains(&source) {
            used.entry(short(&source)).or_default();
        }
    }
    used.retain(|source, _| !expected.iter().any(|pattern| fits(pattern, source)));
    if used.is_empty() {
        if !all && !expected.iter().any(|pattern| pattern.to_string() == "*") {
            findings.push(untold(expected));
        }
        return Ok(());
    }
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::High,
        format!(
            "the plan uses {} that the policy does not list",
            plural(used.len(), "provider")
        ),
    );
    for (source, address) in used.iter().take(NAMED) {
        finding.evidence.push(Evidence::Note(
            address.map_or_else(|| source.clone(), |address| format!("{source}: {address}")),
        ));
    }
    if let Some(more) = used.len().checked_sub(NAMED).filter(|more| *more > 0) {
        finding
            .evidence
            .push(Evidence::Note(format!("and {more} more")));
    }
    finding
        .evidence
        .push(Evidence::Note(super::listed(expected)));
    finding.loss = Some("a provider is a program that runs with the plan's credentials".to_owned());
    finding.help = Some(
        "check required_providers and the modules; if the provider is right, add it to the policy"
            .to_owned(),
    );
    findings.push(finding);
    Ok(())
}

/// Neither the configuration nor the lock file can be read as a whole.
fn untold(expected: &[Glob]) -> Finding {
    let mut finding = Finding::about_plan(
        RULE.id,
        Severity::Medium,
        "the plan does not show all the providers that it uses",
    );
    finding.evidence.push(Evidence::Note(
        "one of its source files cannot be read, and it has no lock file".to_owned(),
    ));
    finding
        .evidence
        .push(Evidence::Note(super::listed(expected)));
    finding.help = Some("run terraform providers before you apply; with .terraform.lock.hcl a plan names all of them".to_owned());
    finding
}

/// An address without the host of the registry.
fn hostless(source: &str) -> &str {
    HOSTS
        .iter()
        .find_map(|host| source.strip_prefix(host).filter(|rest| rest.contains('/')))
        .unwrap_or(source)
}

/// A source address in one way of writing: `hashicorp/aws`. Terraform 0.12 has names alone, all of them of HashiCorp's registry.
fn short(source: &str) -> String {
    let source = hostless(source);
    match source.split_once('/') {
        Some(("-", name)) => format!("{DEFAULT}/{name}"),
        Some(_) => source.to_owned(),
        None => format!("{DEFAULT}/{source}"),
    }
}

/// Part by part, so that a star in one never reaches into the next: `hashicorp/*` is of the registry and of no other host.
fn fits(pattern: &Glob, source: &str) -> bool {
    let pattern = pattern.to_string();
    if pattern == "*" {
        return true;
    }
    let mut parts: Vec<Glob> = hostless(&pattern).split('/').map(Glob::new).collect();
    if parts.len() == 1 {
        parts.insert(0, Glob::exactly(DEFAULT));
    }
    let names: Vec<&str> = source.split('/').collect();
    parts.len() == names.len()
        && parts
            .iter()
            .zip(names)
            .all(|(part, name)| part.covers(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_addresses() {
        let fits = |pattern: &str, source: &str| {
            fits(
                &Glob::parse(pattern).unwrap_or_else(|error| panic!("{error}")),
                &short(source),
            )
        };
        for (pattern, source) in [
            ("hashicorp/*", "registry.terraform.io/hashicorp/aws"),
            ("hashicorp/*", "registry.opentofu.org/hashicorp/aws"),
            ("hashicorp/aws", "hashicorp/aws"),
            ("hashicorp/aws", "aws"),
            ("aws", "registry.terraform.io/hashicorp/aws"),
            (
                "registry.terraform.io/hashicorp/*",
                "registry.terraform.io/hashicorp/aws",
            ),
            (
                "registry.terraform.io/*/*",
                "registry.terraform.io/integrations/github",
            ),
            ("example.com/team/*", "example.com/team/own"),
            ("*", "example.com/team/own"),
        ] {
            assert!(fits(pattern, source), "{pattern} {source}");
        }
        for (pattern, source) in [
            ("hashicorp/*", "registry.terraform.io/hashicorpp/aws"),
            ("hashicorp/*", "evil.example/hashicorp/aws"),
            ("*/*", "evil.example/hashicorp/aws"),
            ("aws", "registry.terraform.io/evil/aws"),
            ("hashicorp/aws", "registry.terraform.io/hashicorp/awscc"),
            (
                "registry.terraform.io/*",
                "registry.terraform.io/hashicorp/aws",
            ),
        ] {
            assert!(!fits(pattern, source), "{pattern} {source}");
        }
    }
}
