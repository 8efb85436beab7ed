//! The table of cases, on the detector as it is linked.

use dugout_detect_node::Node;
use dugout_plugin_api::{ErrorCode, ProjectDetector};
use dugout_plugin_testkit::{FakeProject, check_linked};

#[test]
fn node_projects_are_started_as_the_table_says() {
    check_linked::<Node>(include_str!("cases.toml"));
}

#[test]
fn a_manifest_nested_too_deep_is_invalid_and_no_crash() {
    let manifest = format!(r#"{{"main": {}"#, "[".repeat(200_000));
    let project = FakeProject::new().file("package.json", manifest);
    let error = Node.detect(&project.view()).unwrap_err();
    assert_eq!(error.code(), ErrorCode::INVALID_DATA);
}
