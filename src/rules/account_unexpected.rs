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
        loss: "whatever the plan does, it does it in another account; or the state is another account's, and the plan is computed against it",
        help: "look which credentials are used (AWS_PROFILE, aws sts get-caller-identity, gcloud config, az account show), and at the workspace and -var-file; \
               if the account is meant, add it to the policy",
    };
    unplaced::check(&asked, findings);
    Ok(())
}
