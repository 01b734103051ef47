//! What a directory has that a policy can speak of: Terraform's own files and the sources, read as everywhere else.

use std::collections::BTreeSet;
use std::path::Path;

use super::stacks;
use crate::config::{self, Module, Provider};
use crate::state::{data_dir, directory};

/// The most workspaces that are listed.
const MOST: usize = 200;

/// The longest name that is taken, in bytes.
const LONGEST: usize = 200;

/// What was found. The lists are sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Where plans are made, below a directory that is for several: as seen from it.
    pub(crate) stacks: Vec<String>,
    /// Whether these are all of them.
    pub(crate) all_stacks: bool,
    /// Patterns over the stacks that their path calls production.
    pub(crate) production: Vec<String>,
    /// Types of backends.
    pub(crate) backends: Vec<String>,
    /// Whether these are all.
    pub(crate) all_backends: bool,
    /// Names of workspaces.
    pub(crate) workspaces: Vec<String>,
    /// Whether these are all workspaces: only a backend on this disk shows them all.
    pub(crate) all_workspaces: bool,
    /// Source addresses of providers.
    pub(crate) providers: Vec<String>,
    /// Whether these are all.
    pub(crate) all_providers: bool,
    /// Accounts, projects and subscriptions in provider blocks.
    pub(crate) accounts: Vec<String>,
    /// Whether every provider block that could name one does.
    pub(crate) all_accounts: bool,
    /// Regions in provider blocks.
    pub(crate) regions: Vec<String>,
    /// Whether every provider block that could name one does.
    pub(crate) all_regions: bool,
}

impl Found {
    /// Looks into a directory and, where stacks lie below it, into those: what holds for all of them is what each has.
    #[must_use]
    pub(crate) fn below(dir: &Path) -> Self {
        let stacks = stacks::below(dir);
        if stacks.dirs.iter().all(|stack| stack == ".") {
            return Self::look(dir);
        }
        let mut found = Self {
            all_workspaces: stacks.all,
            all_backends: stacks.all,
            all_providers: stacks.all,
            all_accounts: stacks.all,
            all_regions: stacks.all,
            all_stacks: stacks.all,
            ..Self::default()
        };
        for stack in &stacks.dirs {
            found.add(Self::look(&dir.join(stack)));
        }
        for list in [
            &mut found.workspaces,
            &mut found.backends,
            &mut found.providers,
            &mut found.accounts,
            &mut found.regions,
        ] {
            list.sort();
            list.dedup();
        }
        found.production = production(&stacks.dirs);
        found.stacks = stacks.dirs;
        found
    }

    /// Adds what another stack has.
    fn add(&mut self, stack: Self) {
        self.all_workspaces &= stack.all_workspaces;
        self.all_backends &= stack.all_backends && !stack.backends.is_empty();
        self.all_providers &= stack.all_providers && !stack.providers.is_empty();
        self.all_accounts &= stack.all_accounts;
        self.all_regions &= stack.all_regions;
        self.workspaces.extend(stack.workspaces);
        self.backends.extend(stack.backends);
        self.providers.extend(stack.providers);
        self.accounts.extend(stack.accounts);
        self.regions.extend(stack.regions);
    }

    /// Looks into one directory. What cannot be read is not found.
    #[must_use]
    pub(crate) fn look(dir: &Path) -> Self {
        let backend = directory::backend_kind(dir).or_else(|| {
            dir.join("terraform.tfstate")
                .is_file()
                .then(|| "local".to_owned())
        });
        let (workspaces, on_disk) = workspaces(dir);
        let all_workspaces = on_disk && backend.as_deref().is_none_or(|kind| kind == "local");
        let mut found = Self {
            backends: backend.into_iter().collect(),
            all_backends: true,
            workspaces,
            all_workspaces,
            providers: providers(dir),
            all_providers: true,
            ..Self::default()
        };
        let sources = directory::sources(dir);
        let module = Module::of_files(&sources.clone().unwrap_or_default());
        found.places(dir, &module, sources.is_some());
        found
    }

    /// Regions and accounts of the provider blocks.
    fn places(&mut self, dir: &Path, module: &Module<'_>, read: bool) {
        // Terragrunt writes files beside these when it runs.
        let whole = read && module.whole && !dir.join("terragrunt.hcl").is_file();
        let (mut regions, mut accounts) = (Some(BTreeSet::new()), Some(BTreeSet::new()));
        let (mut some_regions, mut some_accounts) = (BTreeSet::new(), BTreeSet::new());
        for block in &module.providers {
            let (region, account) = match block.name.as_str() {
                "aws" => (
                    literals(block, "region"),
                    literals(block, "allowed_account_ids"),
                ),
                "google" | "google-beta" => (literals(block, "region"), literals(block, "project")),
                "azurerm" => (Some(Vec::new()), literals(block, "subscription_id")),
                _ => continue,
            };
            some_regions.extend(region.iter().flatten().cloned());
            some_accounts.extend(account.iter().flatten().cloned());
            add(&mut regions, region);
            add(&mut accounts, account);
        }
        self.all_regions = whole && regions.is_some();
        self.all_accounts = whole && accounts.is_some();
        self.regions = some_regions.into_iter().collect();
        self.accounts = some_accounts.into_iter().collect();
    }
}

/// How a step of a path says that what lies below is in production.
const PRODUCTION: [&str; 5] = ["prod", "production", "prd", "prod-", "production-"];

/// Patterns over the stacks in production: up to the step that says so.
fn production(stacks: &[String]) -> Vec<String> {
    let says = |step: &str| {
        PRODUCTION.iter().any(|word| match word.strip_suffix('-') {
            Some(_) => step.starts_with(word),
            None => step == *word,
        })
    };
    let patterns: BTreeSet<String> = stacks
        .iter()
        .filter_map(|stack| {
            let steps: Vec<&str> = stack.split('/').collect();
            let at = steps.iter().position(|step| says(step))?;
            let start: Vec<&str> = steps.into_iter().take(at + 1).collect();
            Some(format!("{}/**", start.join("/")))
        })
        .collect();
    patterns.into_iter().collect()
}

fn add(all: &mut Option<BTreeSet<String>>, some: Option<Vec<String>>) {
    match (all.as_mut(), some) {
        (Some(all), Some(some)) => all.extend(some),
        _ => *all = None,
    }
}

/// Text that stands there as it is, alone or in a list; `None` when there is none, or something else.
fn literals(block: &Provider<'_>, name: &str) -> Option<Vec<String>> {
    block
        .words(name)
        .filter(|words| words.iter().all(|word| word.len() <= LONGEST))
}

/// Names of workspaces, and whether there is the directory in which a local backend keeps them.
fn workspaces(dir: &Path) -> (Vec<String>, bool) {
    let mut names = BTreeSet::new();
    if let Some(name) = text(&data_dir(dir).join("environment")) {
        names.extend(
            Some(name.trim().to_owned()).filter(|name| !name.is_empty() && name.len() <= LONGEST),
        );
    }
    let mut whole = false;
    if let Ok(entries) = std::fs::read_dir(dir.join("terraform.tfstate.d")) {
        whole = true;
        let mut listed = 0;
        for entry in entries
            .flatten()
            .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        {
            listed += 1;
            match entry.file_name().to_str() {
                Some(name) if listed <= MOST && name.len() <= LONGEST => {
                    names.insert(name.to_owned());
                }
                _ => whole = false,
            }
        }
        if dir.join("terraform.tfstate").is_file() {
            names.insert("default".to_owned());
        }
    }
    (names.into_iter().collect(), whole)
}

/// Source addresses of the lock file, without the host that everybody means.
fn providers(dir: &Path) -> Vec<String> {
    let sources = text(&dir.join(".terraform.lock.hcl"))
        .and_then(|text| config::locked_providers(&text))
        .unwrap_or_default();
    let short = |source: &str| {
        let rest = ["registry.terraform.io/", "registry.opentofu.org/"]
            .iter()
            .find_map(|host| source.strip_prefix(host));
        rest.unwrap_or(source).to_owned()
    };
    sources
        .iter()
        .filter(|source| source.len() <= LONGEST)
        .map(|source| short(source))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect()
}

fn text(path: &Path) -> Option<String> {
    let about = path.metadata().ok()?;
    (about.is_file() && about.len() <= config::MAX_SOURCE)
        .then(|| std::fs::read_to_string(path).ok())?
}
