//! The table of cases, on the detector as it is linked.

use dugout_detect_rust::Rust;
use dugout_plugin_api::{Detection, PluginError, ProjectDetector};
use dugout_plugin_testkit::{FakeProject, check_linked};

#[test]
fn rust_projects_are_started_as_the_table_says() {
    check_linked::<Rust>(include_str!("cases.toml"));
}

#[test]
fn a_workspace_of_too_many_members_is_left_to_the_user() {
    assert!(detect(&workspace_of(256)).unwrap().is_none());
    let error = detect(&workspace_of(257)).unwrap_err();
    assert!(error.message().contains("too many members"), "{error}");
}

#[test]
fn only_the_first_of_many_binaries_are_named() {
    let project = (0..100)
        .fold(FakeProject::new(), |project, n| project.file(&format!("src/bin/tool{n:02}.rs"), ""))
        .file("Cargo.toml", "[package]\nname = 'tools'\n");
    let error = detect(&project).unwrap_err();
    assert!(error.message().contains("tool06, tool07 and 92 more"), "{error}");
}

fn detect(project: &FakeProject) -> Result<Option<Detection>, PluginError> {
    Rust.detect(&project.view())
}

/// A workspace of libraries.
fn workspace_of(members: usize) -> FakeProject {
    let root = FakeProject::new().file("Cargo.toml", "[workspace]\nmembers = ['crates/*']\n");
    (0..members).fold(root, |project, n| {
        project.file(&format!("crates/c{n}/Cargo.toml"), format!("[package]\nname = 'c{n}'\n"))
    })
}
