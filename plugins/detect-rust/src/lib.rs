//! Recognises Rust projects, and starts them with cargo.
//!
//! What is started, and how sure that is:
//!
//! | `Cargo.toml` | command | confidence |
//! |---|---|---|
//! | a package with `default-run`, or with one binary | `cargo run` | 90 |
//! | a package with several binaries, one of them of its own name | `cargo run --bin NAME` | 80 |
//! | a workspace in which one package has binaries | `cargo run -p PACKAGE`, and as above | 90, 80 |
//!
//! Binaries are found where cargo finds them: `[[bin]]`, `src/main.rs` and `src/bin`. A package
//! at the root comes before the workspace around it; of a workspace the `default-members` are
//! looked at, or else all members. Where that leaves a choice, the answer is an error that names
//! the candidates; where there is no binary, the project is not one to start.

mod manifest;
mod members;
mod targets;

use dugout_plugin_api::{
    Detection, DetectorInfo, ErrorCode, PluginError, ProjectDetector, ProjectView, export_plugin,
};

use crate::{
    manifest::{Manifest, Workspace},
    targets::Runnable,
};

const KIND: &str = "rust";

/// The detector of Rust projects.
#[derive(Debug, Default)]
pub struct Rust;

impl ProjectDetector for Rust {
    const INFO: DetectorInfo = DetectorInfo::new("detect-rust", KIND)
        .summary("Rust projects, with cargo")
        .markers(&[manifest::FILE])
        .priority(50);

    fn detect(&self, project: &ProjectView<'_>) -> Result<Option<Detection>, PluginError> {
        let manifest = Manifest::read(project, "")?;
        if manifest.package.is_none() && manifest.workspace.is_none() {
            let message = format!("{}: neither [package] nor [workspace] is there", manifest::FILE);
            return Err(PluginError::new(ErrorCode::INVALID_DATA, message));
        }
        if let Some(package) = Runnable::find(project, "", &manifest)? {
            // With default members, plain `cargo run` is about those and not about the root.
            let name = package.name.as_str();
            let has_defaults =
                manifest.workspace.as_ref().is_some_and(|it| it.default_members.is_some());
            let command: &[&str] =
                if has_defaults { &["cargo", "run", "-p", name] } else { &["cargo", "run"] };
            return start(&package, command).map(Some);
        }
        match &manifest.workspace {
            Some(workspace) => start_member(project, workspace),
            None => Ok(None),
        }
    }
}

/// Starts the one member of a workspace that can be started.
fn start_member(
    project: &ProjectView<'_>,
    workspace: &Workspace,
) -> Result<Option<Detection>, PluginError> {
    let mut runnable = Vec::new();
    for folder in members::folders(project, workspace)? {
        let manifest = Manifest::read(project, &folder)?;
        runnable.extend(Runnable::find(project, &folder, &manifest)?);
    }
    match runnable.as_slice() {
        [] => Ok(None),
        [package] => {
            let name = package.name.as_str();
            let detection = start(package, &["cargo", "run", "-p", name])?;
            let reason = format!("the workspace has no other package than `{name}` to run");
            Ok(Some(detection.evidence(reason)))
        }
        several => Err(PluginError::new(
            ErrorCode::OTHER,
            format!(
                "the workspace has several packages to run ({}): name one in default-members of \
                 {}, or: dugout run -- cargo run -p NAME",
                listed(several.iter().map(|package| package.name.as_str())),
                manifest::FILE,
            ),
        )),
    }
}

/// Starts a package; `cargo` is the command that runs it if it has one binary.
fn start(package: &Runnable, cargo: &[&str]) -> Result<Detection, PluginError> {
    let manifest = &package.manifest;
    let binaries: Vec<&str> = package.binaries.iter().map(String::as_str).collect();
    let own_name = package.name.as_str();
    let mut command = cargo.to_vec();
    let (confidence, reason) = match (&package.default_run, binaries.as_slice()) {
        (Some(name), _) => (90, format!("`{manifest}` has default-run `{name}`")),
        (None, [name]) => (90, format!("`{manifest}` has one binary, `{name}`")),
        (None, several) if several.contains(&own_name) => {
            command.extend(["--bin", own_name]);
            (80, format!("`{manifest}` has several binaries, one of its package's name"))
        }
        (None, several) => {
            let message = format!(
                "{manifest} has several binaries ({}): set default-run in it, or: dugout run -- \
                 {} --bin NAME",
                listed(several.iter().copied()),
                cargo.join(" "),
            );
            return Err(PluginError::new(ErrorCode::OTHER, message));
        }
    };
    Ok(Detection::new(KIND, command)
        .confidence(confidence)
        .evidence(reason)
        .install_hint("https://rustup.rs"))
}

/// Names for a message of one line: the first few of them.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 8;
    let more = names.len().saturating_sub(SHOWN);
    let shown = names.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

export_plugin! { detector: Rust }
