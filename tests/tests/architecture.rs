//! Who may depend on whom.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]

use std::collections::{BTreeMap, BTreeSet};

use dugout_tests::artifacts::{cargo, workspace};
use serde_json::Value;

/// For every package of the workspace: its folder, and the workspace's packages that it needs
/// outside its tests.
fn packages() -> BTreeMap<String, (String, BTreeSet<String>)> {
    let output = cargo()
        .current_dir(workspace())
        .args(["metadata", "--format-version", "1", "--no-deps", "--locked"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let root = workspace();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let names: BTreeSet<String> = packages.iter().map(|package| text(&package["name"])).collect();
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().unwrap();
            let needed = dependencies
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| text(&dependency["name"]))
                .filter(|name| names.contains(name))
                .collect();
            let manifest = text(&package["manifest_path"]);
            let folder = manifest.strip_prefix(root.to_str().unwrap()).unwrap().to_owned();
            (text(&package["name"]), (folder, needed))
        })
        .collect()
}

#[test]
fn dependencies_point_from_the_program_to_the_interface() {
    let packages = packages();
    let needs = |name: &str| packages[name].1.iter().map(String::as_str).collect::<Vec<_>>();
    assert!(needs("dugout-plugin-api").is_empty());
    assert_eq!(needs("dugout-plugin-testkit"), ["dugout-plugin-api"]);
    assert_eq!(needs("dugout-host"), ["dugout-plugin-api"]);
    let mut plugins = 0;
    for (name, (folder, needed)) in &packages {
        if folder.starts_with("/plugins/") {
            assert_eq!(needed.iter().collect::<Vec<_>>(), ["dugout-plugin-api"], "{name}");
            plugins += 1;
        }
    }
    assert!(plugins >= 2);
    let from_program = needs("dugout");
    assert!(from_program.contains(&"dugout-host"));
    for name in from_program {
        assert!(name == "dugout-host" || packages[name].0.starts_with("/plugins/"), "{name}");
    }
}

#[test]
fn every_test_file_is_run() {
    // `tests/tests/*.rs` are found by cargo; a file in a folder below would not be.
    let folder = workspace().join("tests/tests");
    for entry in folder.read_dir().unwrap().flatten() {
        assert!(entry.path().is_file(), "{} is not run", entry.path().display());
    }
}

/// The lines of the host's sources, tests aside, that contain a text.
fn host_lines_with(text: &str) -> Vec<String> {
    fn search(folder: &std::path::Path, text: &str, found: &mut Vec<String>) {
        for entry in folder.read_dir().unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() {
                search(&path, text, found);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            let name = path.file_name().unwrap().to_str().unwrap();
            if name != "tests.rs" {
                let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
                found.extend(lines.filter(|line| line.contains(text)).map(|_| name.to_owned()));
            }
        }
    }
    let mut found = Vec::new();
    search(&workspace().join("host/src"), text, &mut found);
    found.dedup();
    found
}

#[test]
fn the_host_reads_variables_in_one_module_and_prints_nothing() {
    assert_eq!(host_lines_with("env::var"), ["env.rs"]);
    for printing in ["println!", "eprintln!", "process::exit", "stdout()", "stderr()"] {
        assert!(host_lines_with(printing).is_empty(), "{printing}");
    }
}

#[test]
fn unsafe_code_stands_where_the_design_allows_it() {
    assert_eq!(host_lines_with("unsafe "), ["loader.rs"]);
}
