//! Whether what an object is about is made in the same plan: then nobody had access to it yet, and nothing in it can be lost.
//! Only a thing of the right kind counts: what else is new, and what merely hangs on the same target, says nothing.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use crate::facts::{Facts, is_helper};
use crate::plan::{ReadError, ResourceChange, Shape};

/// Attributes by which others name an object of any kind.
const NAMES: [&str; 3] = ["id", "name", "arn"];

/// Attributes by which others name an object whose kind ends in that word: a bucket by `bucket`, a project by `project_id`.
const OWN_NAMES: [&str; 6] = [
    "bucket",
    "project_id",
    "account_id",
    "secret_id",
    "service",
    "login",
];

/// What a plan makes, looked up when somebody asks.
pub(super) struct Made<'f, 'a, 'p> {
    facts: &'f Facts<'a, 'p>,
    index: OnceCell<Index>,
}

#[derive(Default)]
struct Index {
    /// The kinds of what is made.
    kinds: HashSet<String>,
    /// The words that these kinds are known by.
    words: HashSet<String>,
    /// The kinds of what has a name.
    named: HashMap<String, HashSet<String>>,
}

impl<'f, 'a, 'p> Made<'f, 'a, 'p> {
    pub(super) const fn new(facts: &'f Facts<'a, 'p>) -> Self {
        Self {
            facts,
            index: OnceCell::new(),
        }
    }

    fn index(&self) -> Result<&Index, ReadError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let index = Index::of(self.facts)?;
        Ok(self.index.get_or_init(|| index))
    }

    /// Whether one of these attributes is only known after the apply while a thing of its kind is made, or is the name of such a thing.
    /// Types are not compared whole: a policy of one type may be about a newer type of the same thing.
    pub(super) fn is_target<'t>(
        &self,
        change: &ResourceChange<'_>,
        targets: impl Iterator<Item = &'t str>,
    ) -> Result<bool, ReadError> {
        let index = self.index()?;
        let after = change.after();
        for target in targets {
            let value = after.get(target)?;
            let made = match value.shape()? {
                Shape::Unknown => index.has_kind_for(&change.kind, target),
                Shape::Text(text) => {
                    // The last part of a path names the thing too: projects/p/secrets/NAME.
                    let last = text.rsplit('/').next().unwrap_or(&text);
                    [text.as_ref(), last]
                        .into_iter()
                        .filter_map(|name| index.named.get(name))
                        .flatten()
                        .any(|kind| is_for(&change.kind, target, kind))
                }
                _ => false,
            };
            if made {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Index {
    fn of(facts: &Facts<'_, '_>) -> Result<Self, ReadError> {
        let mut index = Self::default();
        let made = facts
            .creates()
            .filter(|other| !is_helper(&other.kind) && !hangs_on_another(&other.kind));
        for other in made {
            let kind = other.kind.as_ref();
            if index.kinds.insert(kind.to_owned()) {
                index.words.extend(words(kind).map(str::to_owned));
            }
            let after = other.after();
            let own = OWN_NAMES
                .into_iter()
                .filter(|name| words(kind).any(|word| word == stem(name)));
            for name in NAMES.into_iter().chain(own) {
                if let Some(name) = after.get(name)?.text()?.filter(|name| !name.is_empty()) {
                    let kinds = index.named.entry(name.into_owned()).or_default();
                    kinds.insert(kind.to_owned());
                }
            }
        }
        Ok(index)
    }

    fn has_kind_for(&self, kind: &str, target: &str) -> bool {
        wanted(target).any(|word| self.words.contains(word))
            || beginnings(kind).any(|kind| self.kinds.contains(kind))
    }
}

/// Whether a thing of the kind `made` may be what `target` of a `kind` names.
fn is_for(kind: &str, target: &str, made: &str) -> bool {
    wanted(target).any(|wanted| words(made).any(|word| word == wanted))
        || beginnings(kind).any(|kind| kind == made)
}

/// The words for what an attribute names. The default table and list of a network come with the network, and a function of Google Cloud has a
/// service of Cloud Run.
fn wanted(target: &str) -> impl Iterator<Item = &str> {
    let network = target.starts_with("default_").then_some("vpc");
    let function = (target == "service").then_some("function");
    std::iter::once(stem(target)).chain(network).chain(function)
}

/// The last word of an attribute, but for what says how it names: `vpc_id`, `policy_arn`.
fn stem(target: &str) -> &str {
    let plain = ["_id", "_arn", "_name", "_path"]
        .iter()
        .find_map(|ending| target.strip_suffix(ending));
    let plain = plain.unwrap_or(target);
    plain.rsplit('_').next().unwrap_or(plain)
}

/// The words that a kind is known by: the last one (`google_cloud_run_v2_service`), and the first after the provider (`okta_app_oauth`) where
/// there is more than one kind of it.
fn words(kind: &str) -> impl Iterator<Item = &str> {
    let is_version = |word: &str| {
        word.strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let last = kind.rsplit('_').find(|word| !is_version(word));
    let app = kind
        .split('_')
        .nth(1)
        .filter(|word| matches!(*word, "app" | "zone"));
    last.into_iter().chain(app)
}

/// What a kind is about by its own name: `google_storage_bucket` of `google_storage_bucket_iam_policy`.
fn beginnings(kind: &str) -> impl Iterator<Item = &str> {
    kind.match_indices('_')
        .filter_map(|(at, _)| kind.get(..at))
        .filter(|kind| kind.contains('_'))
}

/// What is made for something else is never the target of a policy on it.
fn hangs_on_another(kind: &str) -> bool {
    kind.contains("_iam_binding")
        || kind.contains("_iam_member")
        || (kind.starts_with("google_") && kind.ends_with("_iam_policy"))
}

#[cfg(test)]
mod tests {
    use super::{is_for, stem};

    #[test]
    fn kinds_that_a_target_may_name() {
        for (kind, target, made) in [
            (
                "google_storage_bucket_iam_policy",
                "bucket",
                "google_storage_bucket",
            ),
            (
                "google_cloud_run_service_iam_policy",
                "service",
                "google_cloud_run_v2_service",
            ),
            (
                "google_cloud_run_v2_service_iam_policy",
                "name",
                "google_cloud_run_v2_service",
            ),
            (
                "google_cloud_run_service_iam_policy",
                "service",
                "google_cloudfunctions2_function",
            ),
            (
                "google_iap_web_backend_service_iam_policy",
                "web_backend_service",
                "google_compute_backend_service",
            ),
            ("google_project_iam_policy", "project", "google_project"),
            (
                "aws_default_network_acl",
                "default_network_acl_id",
                "aws_vpc",
            ),
            ("aws_default_security_group", "vpc_id", "aws_vpc"),
            ("aws_iam_policy_attachment", "policy_arn", "aws_iam_policy"),
            ("okta_app_group_assignments", "app_id", "okta_app_oauth"),
            (
                "aws_s3_bucket_lifecycle_configuration",
                "bucket",
                "aws_s3_bucket",
            ),
        ] {
            assert!(is_for(kind, target, made), "{kind} {target} {made}");
        }
        for (kind, target, made) in [
            ("google_project_iam_policy", "project", "aws_sqs_queue"),
            (
                "google_project_iam_policy",
                "project",
                "google_project_service",
            ),
            (
                "aws_s3_bucket_lifecycle_configuration",
                "bucket",
                "aws_s3_bucket_public_access_block",
            ),
            (
                "aws_s3_bucket_lifecycle_configuration",
                "bucket",
                "aws_sns_topic",
            ),
        ] {
            assert!(!is_for(kind, target, made), "{kind} {target} {made}");
        }
        assert_eq!(stem("default_route_table_id"), "table");
    }
}
