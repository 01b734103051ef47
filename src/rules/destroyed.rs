//! What the rules about destroyed objects share: which of them speaks about an object, and how a finding about it is put together.

use crate::catalog::Category;
use crate::facts::{Destroy, Facts, Source, how, remedy, why};
use crate::finding::{Evidence, Finding, Severity};
use crate::plan::{ReadError, ResourceChange};

/// Who speaks about a destroyed object: exactly one rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    Rename,
    StateStore,
    Stateful,
    Key,
    Backup,
    Foundation,
    Identity,
    Carrier,
    Unlisted,
    Nobody,
}

/// The rule that speaks about this object.
pub(super) fn speaker(facts: &Facts<'_, '_>, destroy: &Destroy<'_, '_>) -> Speaker {
    if facts.renamed(destroy.change).is_some() {
        return Speaker::Rename;
    }
    let Some(row) = destroy.row else {
        return Speaker::Unlisted;
    };
    if destroy.state_store.is_some() {
        return Speaker::StateStore;
    }
    match row.category {
        Category::State => Speaker::StateStore,
        Category::Key => Speaker::Key,
        Category::Backup => Speaker::Backup,
        Category::Carrier => Speaker::Carrier,
        Category::Directory | Category::Identity => Speaker::Identity,
        Category::Network | Category::Dns | Category::Cluster | Category::Service => {
            Speaker::Foundation
        }
        Category::Helper => Speaker::Nobody,
        _ => Speaker::Stateful,
    }
}

/// The findings of one speaker.
pub(super) fn speak(
    rule: &'static str,
    who: Speaker,
    facts: &Facts<'_, '_>,
    findings: &mut Vec<Finding>,
) -> Result<(), ReadError> {
    for destroy in &facts.destroys {
        if let Some(severity) = destroy.severity()
            && speaker(facts, destroy) == who
        {
            findings.push(finding(rule, severity, destroy)?);
        }
    }
    Ok(())
}

/// A finding about a destroyed object.
pub(super) fn finding(
    rule: &'static str,
    severity: Severity,
    destroy: &Destroy<'_, '_>,
) -> Result<Finding, ReadError> {
    let change = destroy.change;
    let mut message = how(change);
    if destroy.kept {
        message.push_str("; its own setting keeps the object");
    } else if destroy.refused {
        message.push_str(", unless its own guard refuses: then the apply stops half way");
    }
    let mut evidence: Vec<Evidence> = why(change)?.into_iter().collect();
    evidence.extend(destroy.evidence.iter().cloned());
    match &destroy.source {
        Source::Goes(address) => evidence.push(Evidence::Note(format!(
            "the same plan destroys its source: {address}"
        ))),
        Source::Unmanaged => evidence.push(Evidence::Note(
            "its source is not in the state, so this may be the last copy".to_owned(),
        )),
        Source::Stays(address) => {
            evidence.push(Evidence::Note(format!("its source stays: {address}")))
        }
        Source::NotAsked => {}
    }
    let mut help = if destroy.refused && !destroy.kept {
        "if it should go, remove the guard in a separate plan first; if not, keep it in the configuration".to_owned()
    } else {
        remedy(change)
    };
    if let Some(setting) = &destroy.keeps {
        help = format!("apply {setting} first, then the object stays; or {help}");
    }
    Ok(Finding {
        message,
        loss: destroy
            .row
            // What its own setting keeps is not lost.
            .filter(|_| !destroy.kept)
            .map(|row| row.loss.clone())
            .filter(|loss| !loss.is_empty()),
        recovery: (!destroy.recovery.is_empty()).then(|| destroy.recovery.join("; ")),
        help: Some(help),
        copy_first: destroy.copy_first.clone(),
        evidence,
        guess: destroy.row.is_some_and(|row| row.guess),
        ..about(rule, severity, change)
    })
}

/// An empty finding about a change.
pub(super) fn about(
    rule: &'static str,
    severity: Severity,
    change: &ResourceChange<'_>,
) -> Finding {
    Finding {
        address: Some(change.address.to_string()),
        deposed: change.deposed().map(str::to_owned),
        resource_type: Some(change.kind.to_string()),
        actions: change.action.words(),
        ..Finding::about_plan(rule, severity, "")
    }
}
