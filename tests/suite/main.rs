//! Everything that is tried from outside: one binary, so that the crate is linked once.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::string_slice,
    clippy::unwrap_used,
    missing_docs,
    reason = "tests may fail loudly"
)]

mod agree;
#[cfg(target_os = "linux")]
mod apply;
mod cli;
mod common;
mod dependents;
mod docs;
#[cfg(target_os = "linux")]
mod encrypted;
mod expect;
mod first_minute;
mod fixtures;
mod forge;
mod forged;
mod formats;
mod init;
mod input;
mod inside;
mod mutate;
mod neighbours;
mod picture;
mod place;
mod policy;
mod policy_from;
mod pre_commit;
mod properties;
mod real;
mod report;
mod revision;
mod rotation;
mod saved;
mod saved_hostile;
mod saved_memory;
mod secrets;
mod source;
mod work;
