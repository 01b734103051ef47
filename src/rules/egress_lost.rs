//! The way out (NAT, default route) goes, or was never there, while machines in private subnets stay or come: they can no longer pull images or call anything.

use super::destroyed::about;
use super::{Needs, Rule, Switch};
use crate::facts::Facts;
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{Action, ReadError, ResourceChange, Shape};

pub(super) static RULE: Rule = rule! {
    "egress-lost",
    title: "private subnets lose or lack their way to the internet while machines in them stay or are created",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let managed = || {
        facts
            .plan
            .managed()
            .filter(|change| change.deposed().is_none())
    };
    let stays = |change: &&ResourceChange<'_>| {
        !matches!(change.action, Action::Delete) && !change.action.forgets()
    };
    let nodes: Vec<_> = managed()
        .filter(stays)
        .filter(|change| is_node(&change.kind))
        .collect();
    let Some(first) = nodes.first() else {
        return Ok(());
    };
    let ways: Vec<_> = managed()
        .filter(stays)
        .filter(|change| is_way_out(&change.kind))
        .collect();
    let mut lost = Vec::new();
    for change in managed().filter(|change| change.action == Action::Delete) {
        if is_nat(&change.kind) || is_default_route(change)? {
            lost.push(change);
        }
    }
    // A new NAT beside the old one is an exchange, not a loss.
    if let Some(way) = lost
        .first()
        .filter(|_| !ways.iter().any(|way| is_nat(&way.kind)))
    {
        let mut finding = about(RULE.id, Severity::Medium, way);
        finding.message =
            "the private subnets lose their way to the internet while machines stay".to_owned();
        finding.loss = Some("image pulls, updates and outgoing calls from private subnets fail; node groups become unhealthy after a while".to_owned());
        finding.evidence.push(Evidence::Note(format!(
            "machines, services or clusters that stay: {}, such as {}",
            nodes.len(),
            first.address
        )));
        finding.help =
            Some("create the new route out (NAT, endpoints) first, in a separate plan".to_owned());
        findings.push(finding);
        return Ok(());
    }
    let new_nodes = nodes
        .iter()
        .filter(|change| change.action == Action::Create && change.kind.contains("node_group"))
        .count();
    if lost.is_empty() && new_nodes > 0 && ways.is_empty() && has_private_subnet(facts)? {
        let mut finding = Finding::about_plan(
            RULE.id,
            Severity::Low,
            "nodes are created in private subnets, and the plan shows no way to the internet for them",
        );
        finding.loss = Some(
            "nodes that cannot reach the control plane or a registry never become ready".to_owned(),
        );
        finding.evidence.push(Evidence::Note(
            "no NAT gateway, transit gateway or endpoint is in the state or in the plan".to_owned(),
        ));
        finding.help =
            Some("ignore this when the network and its way out belong to another stack".to_owned());
        findings.push(finding);
    }
    Ok(())
}

fn is_node(kind: &str) -> bool {
    matches!(
        kind,
        "aws_instance"
            | "aws_autoscaling_group"
            | "aws_eks_node_group"
            | "aws_eks_cluster"
            | "aws_ecs_service"
            | "google_compute_instance"
            | "google_container_cluster"
            | "google_container_node_pool"
            | "google_compute_instance_group_manager"
            | "azurerm_linux_virtual_machine"
            | "azurerm_windows_virtual_machine"
            | "azurerm_kubernetes_cluster"
            | "azurerm_linux_virtual_machine_scale_set"
    )
}

fn is_nat(kind: &str) -> bool {
    matches!(
        kind,
        "aws_nat_gateway" | "google_compute_router_nat" | "azurerm_nat_gateway"
    )
}

fn is_way_out(kind: &str) -> bool {
    is_nat(kind)
        || matches!(
            kind,
            "aws_ec2_transit_gateway_vpc_attachment"
                | "aws_vpc_endpoint"
                | "aws_networkfirewall_firewall"
                | "azurerm_firewall"
                | "aws_vpc_peering_connection"
        )
}

/// A route for everything that goes through a NAT gateway.
fn is_default_route(change: &ResourceChange<'_>) -> Result<bool, ReadError> {
    if change.kind != "aws_route" {
        return Ok(false);
    }
    let before = change.before();
    let all = before
        .get("destination_cidr_block")?
        .text()?
        .is_some_and(|cidr| cidr == "0.0.0.0/0");
    Ok(all && before.get("nat_gateway_id")?.is_set()?)
}

/// Whether a subnet is created that gives no public addresses.
fn has_private_subnet(facts: &Facts<'_, '_>) -> Result<bool, ReadError> {
    for change in facts.creates().filter(|change| change.kind == "aws_subnet") {
        if matches!(
            change.after().get("map_public_ip_on_launch")?.shape()?,
            Shape::Bool(false)
        ) {
            return Ok(true);
        }
    }
    Ok(false)
}
