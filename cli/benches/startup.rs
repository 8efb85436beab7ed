//! How long `dugout get` takes, against `/bin/true` started the same way in the same run. The
//! runs alternate, so that whatever else the machine does falls on both.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark that fails should say so and stop"
)]

use std::{
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

const RUNS: usize = 1000;
const WARM_UP: usize = 50;

fn main() {
    let folder = tempfile::tempdir().unwrap();
    dugout(folder.path(), &["init", "--name", "bench"]);
    dugout(folder.path(), &["set", "SECRET", "value"]);

    let mut times = [Vec::new(), Vec::new()];
    for run in 0..RUNS + WARM_UP {
        let measured = [
            time(&mut Command::new("/bin/true")),
            time(&mut command(folder.path(), &["get", "SECRET"])),
        ];
        if run >= WARM_UP {
            for (times, time) in times.iter_mut().zip(measured) {
                times.push(time);
            }
        }
    }
    let [baseline, get] = times.map(median);
    println!("/bin/true        {baseline:>10.1?} (median of {RUNS})");
    println!("dugout get       {get:>10.1?}");
    println!(
        "ratio            {:>10.2} (goal: at most 2.5)",
        get.as_secs_f64() / baseline.as_secs_f64()
    );
}

fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dugout"));
    command.args(arguments).current_dir(folder).env_clear().env("HOME", folder);
    command
}

fn dugout(folder: &Path, arguments: &[&str]) {
    let status = command(folder, arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.unwrap().success(), "{arguments:?} failed");
}

fn time(command: &mut Command) -> Duration {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let status = command.status().unwrap();
    let elapsed = start.elapsed();
    assert!(status.success());
    elapsed
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
