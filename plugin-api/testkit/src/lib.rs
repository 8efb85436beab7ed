//! Tests for [dugout plugins](dugout_plugin_api).
//!
//! # Detectors
//!
//! A detector is a function of a project, so its test is a table: small project trees, and what
//! the detector makes of each. The table is a TOML file ([`Case`] lists what may stand in it), so
//! that the very same cases are run on the detector as it is linked into the test, on the dynamic
//! library, and through a host on a real folder:
//!
//! ```
//! use dugout_plugin_api::{
//!     Detection, DetectorInfo, PluginError, ProjectDetector, ProjectView,
//! };
//!
//! #[derive(Default)]
//! struct Zig;
//!
//! impl ProjectDetector for Zig {
//!     const INFO: DetectorInfo = DetectorInfo::new("detect-zig", "zig").markers(&["build.zig"]);
//!
//!     fn detect(&self, project: &ProjectView<'_>) -> Result<Option<Detection>, PluginError> {
//!         let build = project.read_text("build.zig")?;
//!         Ok(build.contains("addRunArtifact").then(|| {
//!             Detection::new("zig", ["zig", "build", "run"]).evidence("build.zig has a run step")
//!         }))
//!     }
//! }
//!
//! // In a plugin's `tests/cases.rs` this is `include_str!("cases.toml")`.
//! dugout_plugin_testkit::check_linked::<Zig>(r#"
//!     [[case]]
//!     name = "a run step is what is started"
//!     files."build.zig" = "const run = b.addRunArtifact(exe);"
//!     outcome.detected.kind = "zig"
//!     outcome.detected.command = ["zig", "build", "run"]
//!     outcome.detected.evidence_contains = ["run step"]
//!
//!     [[case]]
//!     name = "a library has nothing to start"
//!     files."build.zig" = "b.addStaticLibrary();"
//!     outcome = "not-mine"
//!
//!     [[case]]
//!     name = "a manifest of a megabyte and more is refused"
//!     file_sizes."build.zig" = 1048577
//!     outcome.error.code = "too-large"
//!     outcome.error.contains = ["build.zig"]
//! "#);
//! ```
//!
//! What does not fit a table is asked of a [`FakeProject`] directly:
//!
//! ```
//! use dugout_plugin_testkit::FakeProject;
//!
//! let project = FakeProject::new().file("src/main.zig", "").dir("zig-out").tool("zig");
//! let view = project.view();
//! assert_eq!(view.entries("").unwrap(), ["src", "zig-out"]);
//! assert!(view.has_tool("zig"));
//! ```

#![warn(missing_docs)]

mod cases;
mod outcome;
mod project;

pub use crate::{
    cases::{Case, Cases, check_linked},
    outcome::{ExpectedDetection, ExpectedError, Outcome},
    project::FakeProject,
};
