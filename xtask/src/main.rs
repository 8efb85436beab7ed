//! `cargo xtask`: the workspace's own commands. Each has a file of its own.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program for a terminal")]

mod artifacts;
mod bench;
mod demo;
mod install;
mod interop;
mod test;
mod workspace;

use std::{env, ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand};

/// An error is one line, for the person who typed the command.
type Result<T> = std::result::Result<T, String>;

/// The commands of this workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Shows the main job with the real program, in a scratch folder that is removed afterwards
    Demo,
    /// Builds the program and the plugins, and installs them
    Install(install::Args),
    /// Tries stock age programs on what dugout writes, and the other way round
    Interop(interop::Args),
    /// Runs every test of the workspace
    Test(CargoArgs),
    /// Runs the benchmarks
    Bench(CargoArgs),
}

#[derive(Debug, clap::Args)]
struct CargoArgs {
    /// More arguments for cargo
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    args: Vec<OsString>,
}

impl CargoArgs {
    /// The arguments as they were typed: clap takes a leading `--` for its own, and cargo needs it.
    fn into_typed(mut self) -> Vec<OsString> {
        if env::args_os().nth(2).is_some_and(|first| first == "--") {
            self.args.insert(0, "--".into());
        }
        self.args
    }
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo => demo::run(),
        Command::Install(args) => install::run(&args),
        Command::Interop(args) => interop::run(&args),
        Command::Test(args) => test::run(&args.into_typed()),
        Command::Bench(args) => bench::run(&args.into_typed()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_of_cargo_are_passed_through() {
        let cli = Cli::parse_from(["xtask", "test", "-p", "dugout-host", "--", "--nocapture"]);
        let Command::Test(CargoArgs { args }) = cli.command else { panic!("another command") };
        assert_eq!(args, ["-p", "dugout-host", "--", "--nocapture"]);
    }
}
