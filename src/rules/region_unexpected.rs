//! The plan changes something in a region that is not expected.

use super::unplaced::{self, Asked};
use super::{Needs, Rule, Switch};
use crate::facts::{Facts, setting};
use crate::finding::{Finding, Severity};
use crate::plan::ReadError;

pub(super) static RULE: Rule = rule! {
    "region-unexpected",
    title: "the plan changes something in another region than the policy expects",
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
        what: "region",
        verb: "acts in",
        expected: facts.limits.expect.names(&setting::REGION),
        places: &places.regions,
        unshown: &places.regions_unshown,
        elsewhere: places.elsewhere.as_ref(),
        loss: "the plan changes another copy of the stack, or builds a second one",
        help: "check the provider block, -var-file and AWS_REGION; if the region is right (us-east-1 for CloudFront certificates), add it to the policy",
    };
    unplaced::check(&asked, findings);
    Ok(())
}
