use std::process::ExitCode;

use clap::Args;
use dugout_host::{Error, ErrorKind, Result};

use super::Context;
use crate::output;

/// Print your public key
#[derive(Args)]
pub(super) struct WhoamiArgs {}

pub(super) fn cmd_whoami(context: &Context<'_>, _: &WhoamiArgs) -> Result<ExitCode> {
    let found = context.host()?.identity()?;
    let Some(public) = found.identity.public_key() else {
        let line = format!("the public key of {} is known to its plugin alone", found.source);
        return Err(Error::new(ErrorKind::InvalidIdentity, line));
    };
    output::lines([public])?;
    Ok(ExitCode::SUCCESS)
}
