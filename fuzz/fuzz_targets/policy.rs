//! The policy file, and a plan judged by what it says. `cargo fuzz run policy fuzz/corpus/policy` (needs a nightly compiler, so it is not part of
//! the tests).
#![no_main]

use std::sync::Arc;

use applygate::testing::{Settings, judge_bytes, policy};

/// A plan with one finding, so that waivers, limits and expectations have something to decide about.
const PLAN: &[u8] = br#"{"format_version":"1.2","terraform_version":"1.15.5","planned_values":{},"resource_changes":[{"address":"module.m[\"k\"].aws_db_instance.main[0]","mode":"managed","type":"aws_db_instance","name":"main","provider_name":"registry.terraform.io/hashicorp/aws","change":{"actions":["delete"],"before":{"id":"x","arn":"arn:aws:rds:eu-west-1:000000000000:db:x"},"after":null,"after_unknown":{},"before_sensitive":{},"after_sensitive":false}}]}"#;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let today = jiff::civil::date(2026, 11, 22);
    let Ok(policy) = policy::read("applygate.toml", bytes, today) else {
        return;
    };
    let mut settings = Settings::default();
    settings.files.policy = Some(Arc::new(policy));
    let _ = judge_bytes(PLAN, "fuzz", &settings);
});
