//! Whether a type may be what an attribute of another type names, by the words of their names: types are not compared whole, since a policy of one type
//! may be about a newer type of the same thing.

/// Whether a thing of the kind `made` may be what `target` of a `kind` names.
pub(crate) fn is_for(kind: &str, target: &str, made: &str) -> bool {
    wanted(target).any(|wanted| words(made).any(|word| word == wanted))
        || beginnings(kind).any(|kind| kind == made)
}

/// The words for what an attribute names. The default table and list of a network come with the network, and a function of Google Cloud has a
/// service of Cloud Run.
pub(crate) fn wanted(target: &str) -> impl Iterator<Item = &str> {
    let network = target.starts_with("default_").then_some("vpc");
    let function = (target == "service").then_some("function");
    std::iter::once(stem(target)).chain(network).chain(function)
}

/// The last word of an attribute, but for what says how it names: `vpc_id`, `policy_arn`.
pub(crate) fn stem(target: &str) -> &str {
    let plain = ["_id", "_arn", "_name", "_path"]
        .iter()
        .find_map(|ending| target.strip_suffix(ending));
    let plain = plain.unwrap_or(target);
    plain.rsplit('_').next().unwrap_or(plain)
}

/// The words that a kind is known by: the last one (`google_cloud_run_v2_service`), and the first after the provider (`okta_app_oauth`) where
/// there is more than one kind of it.
pub(crate) fn words(kind: &str) -> impl Iterator<Item = &str> {
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
pub(crate) fn beginnings(kind: &str) -> impl Iterator<Item = &str> {
    kind.match_indices('_')
        .filter_map(|(at, _)| kind.get(..at))
        .filter(|kind| kind.contains('_'))
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
