use std::process::ExitCode;

use clap::Args;
use dugout_host::{Result, RunOptions, RunPlan};

use super::{Context, run::start};

/// Start a shell with the secrets in its environment
#[derive(Args)]
pub(super) struct EnvArgs {
    /// Hand over this secret although its name makes programs run other code
    #[arg(long, value_name = "NAME")]
    allow_name: Vec<String>,
}

pub(super) fn cmd_env(context: &Context<'_>, args: &EnvArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let vault = context.vault(&host)?;
    let options = RunOptions { allow_names: args.allow_name.clone(), directory: None };
    let plan = RunPlan::new(&host, &vault, &[host.shell()], options)?;
    start(plan)
}
