//! An API of a Google project that is turned off while objects of it stay: what the plan leaves unchanged shows that it is needed.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::catalog::Grade;
use crate::facts::Destroy;
use crate::finding::{Evidence, brief};
use crate::plan::{Action, Plan, ReadError};

/// The beginning of the types that need an API.
/// Source: <https://cloud.google.com/service-usage/docs/enabled-service>; types by <https://registry.terraform.io/providers/hashicorp/google/latest/docs>.
const NEEDED_BY: &[(&str, &str)] = &[
    ("aiplatform", "google_vertex_ai_"),
    ("alloydb", "google_alloydb_"),
    ("apigateway", "google_api_gateway_"),
    ("artifactregistry", "google_artifact_registry_"),
    ("bigquery", "google_bigquery_"),
    ("bigtableadmin", "google_bigtable_"),
    ("certificatemanager", "google_certificate_manager_"),
    ("cloudbuild", "google_cloudbuild_"),
    ("cloudfunctions", "google_cloudfunctions"),
    ("cloudkms", "google_kms_"),
    ("cloudscheduler", "google_cloud_scheduler_"),
    ("cloudtasks", "google_cloud_tasks_"),
    ("composer", "google_composer_"),
    ("compute", "google_compute_"),
    ("container", "google_container_"),
    ("dataflow", "google_dataflow_"),
    ("dataproc", "google_dataproc_"),
    ("dns", "google_dns_"),
    ("eventarc", "google_eventarc_"),
    ("file", "google_filestore_"),
    ("firestore", "google_firestore_"),
    ("iam", "google_service_account"),
    ("logging", "google_logging_"),
    ("memcache", "google_memcache_"),
    ("monitoring", "google_monitoring_"),
    ("pubsub", "google_pubsub_"),
    ("redis", "google_redis_"),
    ("run", "google_cloud_run_"),
    ("secretmanager", "google_secret_manager_"),
    ("servicenetworking", "google_service_networking_"),
    ("spanner", "google_spanner_"),
    ("sqladmin", "google_sql_"),
    ("storage", "google_storage_"),
    ("vpcaccess", "google_vpc_access_"),
    ("workflows", "google_workflows_"),
];

/// Raises such a switch where something that needs it stays.
pub(super) fn weigh(plan: &Plan<'_>, destroys: &mut [Destroy<'_, '_>]) -> Result<(), ReadError> {
    let mut needed = None;
    for destroy in destroys.iter_mut().filter(|destroy| {
        destroy.change.kind == "google_project_service" && destroy.grade == Grade::Medium
    }) {
        let value = destroy.change.before();
        let service = value.get("service")?.text()?.unwrap_or_default();
        let api = service.strip_suffix(".googleapis.com").unwrap_or(&service);
        let Some((name, _)) = NEEDED_BY.iter().find(|(name, _)| *name == api) else {
            continue;
        };
        if needed.is_none() {
            needed = Some(staying(plan)?);
        }
        let project = value.get("project")?.text()?.map(Cow::into_owned);
        let by = needed.as_ref().and_then(|needed| needed.get(name));
        // What names no project may be in any.
        let by = by.and_then(|by| match &project {
            Some(_) => by.get(&project).or_else(|| by.get(&None)),
            None => by.values().next(),
        });
        if let Some(address) = by {
            destroy.grade = Grade::High;
            destroy.evidence.push(Evidence::Note(format!(
                "this stays and needs it: {address}"
            )));
        }
    }
    Ok(())
}

/// By API and project, the first object that needs it and stays.
type Staying = BTreeMap<&'static str, BTreeMap<Option<String>, String>>;

fn staying(plan: &Plan<'_>) -> Result<Staying, ReadError> {
    let mut found = Staying::new();
    for change in plan
        .managed()
        .filter(|change| matches!(change.action, Action::NoOp | Action::Update))
    {
        let Some((name, _)) = NEEDED_BY
            .iter()
            .find(|(_, start)| change.kind.starts_with(start))
        else {
            continue;
        };
        let project = change.before().get("project")?.text()?;
        found
            .entry(name)
            .or_default()
            .entry(project.map(Cow::into_owned))
            .or_insert_with(|| brief(&change.address));
    }
    Ok(found)
}
