//! A Kubernetes cluster destroyed in one plan with its network: what the cluster made for itself is unknown to Terraform and holds the network fast.

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::catalog::{Category, Grade};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity, brief};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "cluster-with-network",
    title: "a Kubernetes cluster is destroyed in one plan with a network",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let network = facts.destroys.iter().find(|destroy| {
        destroy.category() == Some(Category::Network) && destroy.grade >= Grade::High
    });
    let Some(network) = network else {
        return Ok(());
    };
    for destroy in facts.destroys.iter().filter(|destroy| {
        destroy.category() == Some(Category::Cluster) && is_kubernetes(&destroy.change.kind)
    }) {
        let mut finding = about(RULE.id, Severity::Medium, destroy.change);
        finding.message =
            "destroyed in the same plan as its network: the apply will probably stop half way"
                .to_owned();
        finding.loss = Some("load balancers, addresses and volumes that the cluster created stay behind, and Terraform does not know them".to_owned());
        finding.evidence.push(Evidence::Note(format!(
            "the network is destroyed too: {}",
            brief(&network.change.address)
        )));
        finding.help = Some(
            "delete the Services of type LoadBalancer and the Ingresses first; wait until their load balancers and network interfaces are gone; then destroy the cluster, then the network"
                .to_owned(),
        );
        findings.push(finding);
    }
    Ok(())
}

/// Managed Kubernetes, by the words that providers use for it.
fn is_kubernetes(kind: &str) -> bool {
    !kind.contains("node")
        && [
            "_eks_cluster",
            "kubernetes_cluster",
            "container_cluster",
            "_kube",
            "_lke_cluster",
            "_k8s_cluster",
            "_gke_",
            "_oke_",
            "_containerengine_cluster",
            "_cs_managed_kubernetes",
        ]
        .iter()
        .any(|word| kind.contains(word))
}
