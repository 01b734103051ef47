//! Credentials whose loss is a smaller step than it looks: one that is replaced new first where something in the plan takes the new value, and one of an
//! account that another one stays of. And the one that is a larger step: the key of a certificate authority.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use crate::address::{Address, module};
use crate::catalog::{Grade, Path, TypeRow};
use crate::facts::Destroy;
use crate::facts::condition::texts;
use crate::finding::{Evidence, brief};
use crate::plan::{Action, Opened, Plan, ReadError, Shape};

use crate::facts::difference;

/// Takes the grade of such credentials down.
pub(super) fn weigh(plan: &Plan<'_>, destroys: &mut [Destroy<'_, '_>]) -> Result<(), ReadError> {
    let mut rotated: Vec<_> = destroys
        .iter_mut()
        .filter(|destroy| {
            destroy.change.action == Action::CreateDelete
                && destroy.grade == Grade::Medium
                && destroy
                    .row
                    .is_some_and(|row| row.new_first == Some(Grade::Medium))
        })
        .collect();
    if rotated.is_empty() {
        return Ok(());
    }
    let referred = plan.references();
    let mut taken = None;
    for destroy in &mut rotated {
        let by_name = name(&destroy.change.address)
            .is_some_and(|name| referred.as_ref().is_some_and(|all| all.contains(&name)));
        let takes = by_name
            || match taken {
                Some(taken) => taken,
                None => *taken.insert(becomes_unknown(plan)?),
            };
        if takes {
            destroy.grade = Grade::Low;
            destroy.evidence.push(Evidence::Note(
                "something in this plan uses the new value".to_owned(),
            ));
        }
    }
    Ok(())
}

/// Takes the grade of those down of whose account another one stays.
pub(super) fn weigh_accounts(
    plan: &Plan<'_>,
    destroys: &mut [Destroy<'_, '_>],
) -> Result<(), ReadError> {
    let of_an_account = |row: &&TypeRow| !row.account.is_empty();
    let mut kinds: HashMap<&str, &[Path]> = HashMap::new();
    for destroy in destroys.iter() {
        if let Some(row) = destroy.row.filter(of_an_account)
            && destroy.grade == Grade::High
        {
            kinds.insert(destroy.change.kind.as_ref(), &row.account);
        }
    }
    let mut stay: HashMap<(&str, Vec<String>), &str> = HashMap::new();
    for change in plan.managed() {
        let Some(paths) = kinds.get(change.kind.as_ref()) else {
            continue;
        };
        if change.action.destroys() || change.action.forgets() {
            continue;
        }
        let value = match change.action {
            Action::NoOp => change.before(),
            _ => change.after(),
        };
        let status = value.get("status")?.text()?;
        if status.is_some_and(|status| status.eq_ignore_ascii_case("inactive")) {
            continue;
        }
        if let Some(account) = texts(paths, &Opened::new(value)?)? {
            stay.entry((change.kind.as_ref(), account))
                .or_insert(change.address.as_ref());
        }
    }
    if stay.is_empty() {
        return Ok(());
    }
    for destroy in destroys {
        let Some(row) = destroy.row.filter(of_an_account) else {
            continue;
        };
        if destroy.grade != Grade::High {
            continue;
        }
        let before = Opened::new(destroy.change.before())?;
        let Some(account) = texts(&row.account, &before)? else {
            continue;
        };
        if let Some(other) = stay.get(&(destroy.change.kind.as_ref(), account)) {
            destroy.grade = Grade::Medium;
            destroy.evidence.push(Evidence::Note(format!(
                "another one of the same account stays: {}",
                brief(other)
            )));
        }
    }
    Ok(())
}

/// Takes the grade of keys up that sign certificates: whatever trusts such an authority has to be set up again.
/// Sources: <https://registry.terraform.io/providers/hashicorp/tls/latest/docs/resources/self_signed_cert>,
/// <https://registry.terraform.io/providers/hashicorp/tls/latest/docs/resources/locally_signed_cert>
pub(super) fn weigh_authorities(
    plan: &Plan<'_>,
    destroys: &mut [Destroy<'_, '_>],
) -> Result<(), ReadError> {
    let mut keys: Vec<_> = destroys
        .iter_mut()
        .filter(|destroy| destroy.change.kind == "tls_private_key")
        .collect();
    if keys.is_empty() {
        return Ok(());
    }
    let mut signing: HashSet<String> = HashSet::new();
    // By module: the keys that it has, and whether it has an authority.
    let mut modules: HashMap<&str, (usize, bool)> = HashMap::new();
    for change in plan.managed() {
        let before = change.before();
        let there = modules.entry(module(&change.address)).or_default();
        let signs = match change.kind.as_ref() {
            "tls_private_key" => {
                there.0 += 1;
                continue;
            }
            "tls_self_signed_cert" => {
                if !matches!(before.get("is_ca_certificate")?.shape()?, Shape::Bool(true)) {
                    continue;
                }
                there.1 = true;
                before.get("private_key_pem")?
            }
            "tls_locally_signed_cert" => before.get("ca_private_key_pem")?,
            _ => continue,
        };
        signing.extend(signs.text()?.map(Cow::into_owned));
    }
    for key in &mut keys {
        let pem = key.change.before().get("private_key_pem")?;
        let by_value = pem.text()?.is_some_and(|pem| signing.contains(&*pem));
        // Older providers keep a digest of the key in the certificate.
        let the_only_one = modules.get(module(&key.change.address)) == Some(&(1, true));
        if by_value || the_only_one {
            key.grade = Grade::Critical;
            key.recovery = vec!["none: the key is nowhere but in the state".to_owned()];
            key.evidence.push(Evidence::Note(
                "a certificate authority signs with it: what trusts that has to be set up again"
                    .to_owned(),
            ));
        }
    }
    Ok(())
}

/// As [`Plan::references`] names a block.
fn name(address: &str) -> Option<String> {
    let address = Address::parse(address)?;
    let steps = address.module.iter().map(|step| step.name);
    let all: Vec<&str> = steps.chain([address.kind, address.name]).collect();
    Some(all.join("."))
}

/// Whether an update gives something a value that is only known after the apply, where it had one.
fn becomes_unknown(plan: &Plan<'_>) -> Result<bool, ReadError> {
    for change in plan
        .managed()
        .filter(|change| change.action == Action::Update)
    {
        let (before, after) = (Opened::new(change.before())?, Opened::new(change.after())?);
        for difference in difference::between(&before, &after) {
            let computed = matches!(
                difference.name.as_ref(),
                "id" | "arn" | "etag" | "updated_at" | "last_modified" | "version" | "version_id"
            );
            if !computed
                && !difference.old.is_nothing()
                && matches!(difference.new.shape()?, Shape::Unknown)
            {
                return Ok(true);
            }
        }
    }
    Ok(false)
}
