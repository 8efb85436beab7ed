use std::process::ExitCode;

use clap::Args;
use dugout_host::Result;

use super::Context;
use crate::output;

/// Remove a secret
#[derive(Args)]
pub(super) struct RmArgs {
    /// The secret's name
    key: String,
}

pub(super) fn cmd_rm(context: &Context<'_>, args: &RmArgs) -> Result<ExitCode> {
    let host = context.host()?;
    context.vault(&host)?.remove(&args.key)?;
    output::success(&format!("removed {}", args.key))?;
    Ok(ExitCode::SUCCESS)
}
