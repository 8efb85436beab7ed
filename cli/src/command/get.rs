use std::process::ExitCode;

use clap::Args;
use dugout_host::Result;

use super::Context;
use crate::output;

/// Print a secret's value
#[derive(Args)]
pub(super) struct GetArgs {
    /// The secret's name
    key: String,

    /// Write the value alone; without this, text that does not end with a line feed gets one
    #[arg(long)]
    raw: bool,
}

pub(super) fn cmd_get(context: &Context<'_>, args: &GetArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let secret = context.vault(&host)?.get(&args.key)?;
    let is_text = |text: &str| !text.contains(|c: char| c.is_control() && !"\t\r\n".contains(c));
    let wants_line_feed =
        secret.as_str().is_some_and(|text| is_text(text) && !text.ends_with('\n'));
    let end: &[u8] = if wants_line_feed && !args.raw { b"\n" } else { b"" };
    output::secret(secret.as_bytes(), end)?;
    Ok(ExitCode::SUCCESS)
}
