//! applygate is the last gate before `terraform apply`: it reads a plan, says what would be lost for good, and stops it.
//!
//! Data flows one way: bytes ([`input`]) → [`plan`] → facts ([`judge`] with [`catalog`]) → findings ([`rules`], [`engine`]) → [`verdict`] → [`report`].

pub mod address;
pub mod calendar;
pub mod catalog;
pub mod cli;
pub mod compare;
pub mod configuring;
pub mod digest;
pub mod engine;
pub mod environment;
pub mod exit;
pub mod finding;
mod gate;
pub mod glob;
pub mod init;
pub mod initing;
pub mod input;
pub mod judge;
pub mod judging;
pub mod os;
pub mod pinning;
pub mod plan;
pub mod policy;
pub mod program;
pub mod refusal;
pub mod report;
pub mod reviewed;
pub mod revision;
pub mod rules;
pub mod run;
pub mod settings;
mod source;
pub mod state;
pub mod streams;
pub mod summary;
pub mod verdict;
mod whole;
mod words;
