//! The plan is for an account, a project or a subscription that is not expected, or its state holds objects of one.

use super::unplaced::{self, Asked};
use super::{Needs, Rule, Switch};
use crate::facts::{Facts, setting};
use crate::finding::{Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "account-unexpected",
    title: "the plan, or its state, is for another account than the policy expects",
    severity: Severity::Critical,
    needs: Needs::Either,
    switch: Switch::Free,
    check: check,
};

fn check(facts: &Facts<'_, '_>, findings: &mut Vec<Finding>) -> Result<(), ReadError> {
    let Some(places) = &facts.places else {
        return Ok(());
    };
    let asked = Asked {
        rule: RULE.id,
        what: "account",
        verb: "is for",
        expected: facts.limits.expect.names(&setting::ACCOUNT),
        places: &places.accounts,
        unshown: &places.accounts_unshown,
        elsewhere: places.elsewhere.as_ref(),
        loss: "the plan changes another account, or its state belongs to another account",
        help: "check the credentials (AWS_PROFILE, aws sts get-caller-identity, gcloud config, az account show), the workspace and -var-file; if this account is right, add it to the policy",
    };
    unplaced::check(&asked, findings);
    Ok(())
}
