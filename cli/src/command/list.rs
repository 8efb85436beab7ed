use std::process::ExitCode;

use clap::Args;
use dugout_host::Result;
use serde_json::json;

use super::Context;
use crate::output;

/// List the names of the secrets
#[derive(Args)]
pub(super) struct ListArgs {
    /// As JSON: {"keys": […], "count": N}
    #[arg(long)]
    json: bool,
}

pub(super) fn cmd_list(context: &Context<'_>, args: &ListArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let vault = context.vault(&host)?;
    let names = vault.secret_names();
    if args.json {
        output::json(&json!({ "keys": names, "count": names.len() }))?;
    } else if names.is_empty() {
        output::warn("no secrets");
    } else {
        output::lines(names.into_iter().map(dugout_host::one_line))?;
    }
    Ok(ExitCode::SUCCESS)
}
