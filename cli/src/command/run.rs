use std::{ffi::OsString, process::ExitCode};

use clap::Args;
use dugout_host::{Result, RunOptions, RunPlan};

use super::Context;

/// Run a command with the secrets in its environment
///
/// The command takes the place of dugout: signals and exit codes are its own. A secret wins over a
/// variable of the same name that is set already.
#[derive(Args)]
pub(super) struct RunArgs {
    /// Hand over this secret although its name makes programs run other code
    #[arg(long, value_name = "NAME")]
    allow_name: Vec<String>,

    /// The command and its arguments
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

pub(super) fn cmd_run(context: &Context<'_>, args: &RunArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let vault = context.vault(&host)?;
    let options = RunOptions { allow_names: args.allow_name.clone(), directory: None };
    let plan = RunPlan::new(&host, &vault, &args.command, options)?;
    start(plan)
}

/// Becomes the program; where that is not possible, has its exit code.
pub(super) fn start(plan: RunPlan) -> Result<ExitCode> {
    let status = plan.exec()?;
    Ok(ExitCode::from(u8::try_from(status).unwrap_or(1)))
}
