//! What a directory has that a policy can speak of: Terraform's own files and the sources, read as everywhere else.

use std::collections::BTreeSet;
use std::path::Path;

use crate::config::{self, Module, Provider};
use crate::state::{data_dir, directory};

/// The most workspaces that are listed.
const MOST: usize = 200;

/// The longest name that is taken, in bytes.
const LONGEST: usize = 200;

/// What was found. The lists are sorted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Found {
    /// Type of the backend.
    pub(crate) backend: Option<String>,
    /// Names of workspaces.
    pub(crate) workspaces: Vec<String>,
    /// Whether these are all workspaces: only a backend on this disk shows them all.
    pub(crate) all_workspaces: bool,
    /// Source addresses of providers.
    pub(crate) providers: Vec<String>,
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
    /// Looks into a directory. What cannot be read is not found.
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
            backend,
            workspaces,
            all_workspaces,
            providers: providers(dir),
            ..Self::default()
        };
        let sources = directory::sources(dir);
        let module = Module::of_files(&sources.clone().unwrap_or_default());
        found.places(&module, sources.is_some());
        found
    }

    /// Regions and accounts of the provider blocks.
    fn places(&mut self, module: &Module<'_>, read: bool) {
        let whole = read && module.whole;
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
