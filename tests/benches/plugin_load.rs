//! How long a checked load of a plugin takes: owner, mode, digest and form of the file, opening
//! it, comparing the interfaces, and its first answer. Each is the first one of its process, as it
//! is for a user.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that fails should say so and stop"
)]

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use dugout_host::{Environment, ErrorKind, ProjectRoot, Registry};
use dugout_tests::artifacts::{cargo, workspace};

const RUNS: usize = 300;

fn main() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() == Some("--load-once") {
        let folder = PathBuf::from(arguments.next().unwrap());
        println!("{}", load_once(&folder).as_nanos());
        return;
    }
    let status = cargo()
        .current_dir(workspace())
        .args(["build", "--release", "--locked", "--package", "dugout-detect-node"])
        .status()
        .unwrap();
    assert!(status.success());
    let target =
        std::env::var_os("CARGO_TARGET_DIR").map_or(workspace().join("target"), PathBuf::from);
    let library = target.join("release/libdugout_detect_node.so");
    let folder = tempfile::tempdir().unwrap();
    dugout_host::install(&library, folder.path(), dugout_host::describe).unwrap();

    let program = std::env::current_exe().unwrap();
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let mut command = Command::new(&program);
            let output = command.arg("--load-once").arg(folder.path()).output().unwrap();
            let nanos = String::from_utf8(output.stdout).unwrap().trim().parse().unwrap();
            Duration::from_nanos(nanos)
        })
        .collect();
    times.sort_unstable();
    let median = times[RUNS / 2];
    println!("checked load of a plugin: {median:.1?} (median of {RUNS}; goal: at most 1 ms)");
    println!("from {:.1?} to {:.1?}", times[0], times[RUNS - 1]);
}

fn load_once(folder: &Path) -> Duration {
    let plugin_dirs = vec![folder.to_owned()];
    let environment = Environment { plugin_dirs, ..Environment::default() };
    let registry = Registry::scan(&environment);
    let project = ProjectRoot::new(folder, None);
    let start = Instant::now();
    let answer = registry.detect("detect-node", &project);
    let elapsed = start.elapsed();
    // There is no package.json here, and that is its answer.
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::PluginFailed);
    elapsed
}
