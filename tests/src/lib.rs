//! What the end-to-end tests have in common: built artifacts, a sandbox with an empty home, and a
//! tracer that stops a program between any two system calls.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a failure here is a failed test"
)]

pub mod artifacts;
pub mod sandbox;
#[cfg(target_os = "linux")]
pub mod trace;

pub use artifacts::Artifacts;
pub use sandbox::{Run, Sandbox};
