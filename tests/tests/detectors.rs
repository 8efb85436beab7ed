//! The detectors' tables on real folders, through the host: linked, and loaded as libraries, with
//! the same answers.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use dugout_detect_node as _;
use dugout_detect_rust as _;
use dugout_host::{Environment, Origin, ProjectRoot, Registry};
use dugout_plugin_api::{Detection, ErrorCode, PluginError};
use dugout_plugin_testkit::Cases;
use dugout_tests::Sandbox;

fn linked() -> Registry {
    Registry::scan(&Environment::default())
}

fn loaded(sandbox: &Sandbox, plugin: &str) -> Registry {
    let library = sandbox.library(&format!("dugout-{plugin}"));
    let arguments = ["plugin", "install", library.to_str().unwrap()];
    sandbox.dugout(arguments).succeeds();
    let plugin_dirs = vec![sandbox.plugins()];
    Registry::scan(&Environment { plugin_dirs, ..Environment::default() })
}

fn ask(
    registry: &Registry,
    plugin: &str,
    root: &ProjectRoot,
) -> Result<Option<Detection>, PluginError> {
    registry.detect(plugin, root).map_err(|error| match error.plugin_error() {
        Some(error) => error.clone(),
        None => PluginError::new(ErrorCode::OTHER, error.to_string()),
    })
}

fn check(plugin: &str, table: &str) {
    let sandbox = Sandbox::new();
    let (linked, loaded) = (linked(), loaded(&sandbox, plugin));
    assert_eq!(linked.find(plugin).unwrap().origin(), &Origin::Linked);
    assert!(matches!(loaded.find(plugin).unwrap().origin(), Origin::Installed { .. }));

    let cases = Cases::from_toml(table).expect("a table of cases");
    cases.check(|_, project| {
        let folder = tempfile::tempdir().unwrap();
        project.write_to(folder.path()).unwrap();
        // The tools on this machine's PATH must not matter.
        let root = ProjectRoot::new(folder.path(), None);
        let answer = ask(&linked, plugin, &root);
        let other = ask(&loaded, plugin, &root);
        assert_eq!(format!("{answer:?}"), format!("{other:?}"), "linked and loaded differ");
        answer
    });
}

#[test]
fn node() {
    check("detect-node", include_str!("../../plugins/detect-node/tests/cases.toml"));
}

#[test]
fn rust() {
    check("detect-rust", include_str!("../../plugins/detect-rust/tests/cases.toml"));
}
