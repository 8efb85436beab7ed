//! A library is opened only when it is needed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "these are tests")]
#![cfg(target_os = "linux")]

use std::process::Stdio;

use dugout_tests::{
    Sandbox,
    trace::{Stop, Tracee},
};

fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_vault();
    for plugin in ["dugout-detect-node", "dugout-detect-rust"] {
        let library = sandbox.library(plugin);
        sandbox.dugout(["plugin", "install", library.to_str().unwrap()]).succeeds();
    }
    sandbox.dugout(["set", "A", "1"]).succeeds();
    sandbox
}

/// The plugins that are mapped into the program when it ends.
fn opened(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let mut command = sandbox.command(arguments);
    let tracee = Tracee::start(command.stdout(Stdio::null()));
    assert_eq!(tracee.to_end(), Stop::Exiting);
    assert_eq!(tracee.exit_code(), 0, "{arguments:?}");
    let mut files = tracee.mapped_files();
    tracee.kill();
    files.retain(|file| file.contains("/plugins/"));
    files.dedup();
    files.iter().map(|file| file.rsplit('/').next().unwrap().to_owned()).collect()
}

#[test]
fn commands_on_secrets_open_no_library() {
    let sandbox = sandbox();
    for arguments in [&["get", "A"][..], &["list"], &["set", "B", "2"], &["plugin", "list"]] {
        assert!(opened(&sandbox, arguments).is_empty(), "{arguments:?}");
    }
}

#[test]
fn detection_opens_the_one_whose_marker_is_there() {
    let sandbox = sandbox();
    sandbox.write("package.json", r#"{"scripts": {"dev": "node ."}}"#);
    let files = opened(&sandbox, &[".", "--explain"]);
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].starts_with("detect-node-"), "{files:?}");
}
