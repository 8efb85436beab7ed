//! `cargo xtask test`: every test of the workspace, and how many there were.

use std::{
    ffi::OsString,
    fmt,
    io::{self, BufRead, BufReader, Write},
    process::Stdio,
};

use crate::{Result, workspace};

pub(crate) fn run(args: &[OsString]) -> Result<()> {
    let mut cargo = workspace::cargo();
    // A failure does not hide the other tests: the totals are those of all.
    cargo.args(["test", "--locked", "--no-fail-fast"]);
    if !names_a_package(args) {
        cargo.arg("--workspace");
    }
    let mut child = cargo
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot start cargo: {error}"))?;
    let totals = match child.stdout.take() {
        Some(output) => pass_on(BufReader::new(output), io::stdout()),
        None => Ok(Totals::default()),
    };
    let status = child.wait().map_err(|error| format!("cannot wait for cargo: {error}"))?;

    let totals = totals.map_err(|error| format!("cannot pass on cargo's output: {error}"))?;
    println!("{totals}");
    if !status.success() {
        return Err(format!("cargo test failed ({status})"));
    }
    if totals.passed == 0 {
        return Err("no test was run".to_owned());
    }
    Ok(())
}

/// With `--workspace`, cargo would ignore a `--package` in silence.
fn names_a_package(args: &[OsString]) -> bool {
    let mut for_cargo = args.iter().map(|arg| arg.to_string_lossy()).take_while(|arg| arg != "--");
    for_cargo.any(|arg| arg.starts_with("-p") || arg.starts_with("--package"))
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Totals {
    passed: u64,
    failed: u64,
    ignored: u64,
}

impl fmt::Display for Totals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        match self.ignored {
            0 => Ok(()),
            ignored => write!(f, ", {ignored} skipped"),
        }
    }
}

impl Totals {
    /// Takes the counts out of a line of the test harness:
    /// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …`.
    fn add(&mut self, line: &str) {
        let Some(counts) = line.trim_start().strip_prefix("test result:") else { return };
        for count in counts.split(['.', ';']) {
            let Some((number, what)) = count.trim().split_once(' ') else { continue };
            let Ok(number) = number.parse::<u64>() else { continue };
            match what {
                "passed" => self.passed += number,
                "failed" => self.failed += number,
                "ignored" => self.ignored += number,
                _ => {}
            }
        }
    }
}

/// Copies the output line by line as it comes, and sums up what it says.
fn pass_on(mut output: impl BufRead, mut to: impl Write) -> io::Result<Totals> {
    let mut totals = Totals::default();
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line)? > 0 {
        to.write_all(&line)?;
        to.flush()?;
        totals.add(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(totals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_binaries_are_summed_up() {
        let output = b"running 3 tests
test a ... ok
test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 4 filtered out; finished in 0.01s
\xff not UTF-8
test result: \x1b[31mFAILED\x1b[0m. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out
";
        let mut seen = Vec::new();
        let totals = pass_on(output.as_slice(), &mut seen).unwrap();
        assert_eq!(totals, Totals { passed: 3, failed: 2, ignored: 1 });
        assert_eq!(seen, output);
    }

    #[test]
    fn skipped_tests_are_told_only_if_there_are_any() {
        let totals = Totals { passed: 3, failed: 0, ignored: 0 };
        assert_eq!(totals.to_string(), "3 passed, 0 failed");
        let totals = Totals { ignored: 2, ..totals };
        assert_eq!(totals.to_string(), "3 passed, 0 failed, 2 skipped");
    }

    #[test]
    fn a_chosen_package_is_tested_alone() {
        let args = |args: &[&str]| args.iter().map(OsString::from).collect::<Vec<_>>();
        assert!(names_a_package(&args(&["-p", "dugout-host"])));
        assert!(names_a_package(&args(&["--package=dugout-host"])));
        assert!(!names_a_package(&args(&["some_test", "--", "-p"])));
    }
}
