//! Access that opens: to the whole internet, or to everybody.

use super::access_overwrite::made_with_its_target;
use super::destroyed::about;
use super::made::Made;
use super::updated::{Words, speak};
use super::{Needs, Rule, Switch};
use crate::catalog::{Catalog, ChangeRule};
use crate::facts::{Facts, lets_everybody_in};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{ReadError, ResourceChange, Shape, Value};

pub(super) static RULE: Rule = rule! {
    "access-opened",
    title: "an existing object is opened to everybody, or a new store is public",
    severity: Severity::Medium,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

static WORDS: Words = Words {
    rule: RULE.id,
    speaks: ChangeRule::AccessOpened,
    message: "access is opened to everybody",
    milder: None,
    help: "allow only the networks or people that need it; if everybody is meant, say so in the change",
    loses: false,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    speak(&WORDS, facts, findings)?;
    let made = Made::new(facts);
    for change in facts.creates() {
        let Some((targets, says)) = opens(facts.catalog, change)? else {
            continue;
        };
        let new = if targets.is_empty() {
            made_with_its_target(&made, change)?
        } else {
            made.is_target(change, targets.iter().copied())?
        };
        if !new {
            let mut finding = about(RULE.id, Severity::Medium, change);
            WORDS.message.clone_into(&mut finding.message);
            finding.evidence.push(Evidence::Note(says.to_owned()));
            finding.help = Some(WORDS.help.to_owned());
            findings.push(finding);
        }
    }
    Ok(())
}

const INTERNET: [&str; 2] = ["0.0.0.0/0", "::/0"];

/// What a new object opens that was there before: the attributes that name it (none: by the form of its type), and in words how.
/// Sources: <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/vpc_security_group_ingress_rule>,
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/security_group_rule>,
/// <https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lambda_permission>,
/// <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/network_security_rule>,
/// <https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/mssql_firewall_rule>,
/// <https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/storage_bucket_iam>
fn opens(
    catalog: &Catalog,
    change: &ResourceChange<'_>,
) -> Result<Option<(&'static [&'static str], &'static str)>, ReadError> {
    let value = change.after();
    let has = |name: &str, words: &[&str]| has(value.get(name)?, words);
    let kind = change.kind.as_ref();
    let internet = "everybody on the internet can reach what is in a group that exists";
    Ok(match kind {
        "aws_vpc_security_group_ingress_rule" => {
            let open = has("cidr_ipv4", &INTERNET)? || has("cidr_ipv6", &INTERNET)?;
            open.then_some((&["security_group_id"][..], internet))
        }
        "aws_security_group_rule" => {
            let open = has("type", &["ingress"])?
                && (has("cidr_blocks", &INTERNET)? || has("ipv6_cidr_blocks", &INTERNET)?);
            open.then_some((&["security_group_id"], internet))
        }
        "azurerm_network_security_rule" => {
            let open = has("access", &["Allow"])?
                && has("direction", &["Inbound"])?
                && has("source_address_prefix", &["*", "0.0.0.0/0", "Internet"])?;
            open.then_some((&["network_security_group_name"], internet))
        }
        "aws_s3_bucket_acl" => has("acl", &["public-read", "public-read-write"])?
            .then_some((&["bucket"], "everybody can read a bucket that exists")),
        "aws_lambda_permission" => {
            let narrowed = ["source_arn", "source_account", "principal_org_id"];
            let mut open = has("principal", &["*"])?;
            for name in narrowed {
                open = open && !value.get(name)?.is_set()?;
            }
            open.then_some((
                &["function_name"],
                "anybody, from any account, can call a function that exists",
            ))
        }
        // The whole range; 0.0.0.0 alone lets in what runs in Azure.
        _ if kind.starts_with("azurerm_") && kind.ends_with("_firewall_rule") => {
            let open = has("start_ip_address", &["0.0.0.0", "0.0.0.1", "1.0.0.0"])?
                && has("end_ip_address", &["255.255.255.255"])?;
            open.then_some((
                &[],
                "everybody on the internet can reach a server that exists",
            ))
        }
        _ if kind.starts_with("aws_") && kind.ends_with("_policy") => {
            let rows = catalog.changes(kind).filter(|row| row.everybody);
            let mut open = false;
            for row in rows {
                for document in value.at(row.attribute.steps())? {
                    open = open || lets_everybody_in(document)?;
                }
            }
            open.then_some((
                &[],
                "the policy lets everybody, in any account, do something with what exists",
            ))
        }
        _ if kind.starts_with("google_")
            && (kind.ends_with("_iam_member") || kind.ends_with("_iam_binding")) =>
        {
            let everybody = ["allUsers", "allAuthenticatedUsers"];
            let open = has("member", &everybody)? || has("members", &everybody)?;
            open.then_some((&[], "everybody gets a role on something that exists"))
        }
        _ => None,
    })
}

/// Whether a word, or one of a list, is one of these.
fn has(value: Value<'_>, words: &[&str]) -> Result<bool, ReadError> {
    Ok(match value.shape()? {
        Shape::Text(text) => words.contains(&text.as_ref()),
        Shape::List(items) => {
            for item in items {
                if item
                    .text()?
                    .is_some_and(|text| words.contains(&text.as_ref()))
                {
                    return Ok(true);
                }
            }
            false
        }
        _ => false,
    })
}
