//! `cargo xtask bench`: the benchmarks of the library and of the program.

use std::ffi::OsString;

use crate::{Result, workspace};

pub(crate) fn run(args: &[OsString]) -> Result<()> {
    let mut cargo = workspace::cargo();
    cargo.args([
        "bench",
        "--locked",
        "--package",
        "dugout-host",
        "--package",
        "dugout",
        "--package",
        "dugout-tests",
    ]);
    let chosen = args.iter().any(|arg| arg.to_string_lossy().starts_with("--bench"));
    if !chosen {
        // The benchmarks alone: the test harness of the other targets refuses their arguments.
        cargo.args(["--bench", "*"]);
    }
    let status =
        cargo.args(args).status().map_err(|error| format!("cannot start cargo: {error}"))?;
    if !status.success() {
        return Err(format!("cargo bench failed ({status})"));
    }
    Ok(())
}
