//! A credential that is replaced new first: a smaller step where something in the plan takes the new value.

use crate::address::Address;
use crate::catalog::Grade;
use crate::facts::Destroy;
use crate::finding::Evidence;
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
