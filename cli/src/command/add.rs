use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::Args;
use dugout_host::{Error, ErrorKind, Result, SetOptions};

use super::{
    Context, tell,
    value::{self, StoreArgs, Value},
};
use crate::{output, terminal};

/// Add a secret: asks for its value without showing it, or takes all of standard input
#[derive(Args)]
pub(super) struct AddArgs {
    /// The secret's name, as in DATABASE_URL
    key: String,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) fn cmd_add(context: &Context<'_>, args: &AddArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let mut vault = context.vault(&host)?;
    dugout_host::check_secret_name(&args.key)?;
    vault.reader()?;
    let is_piped = !io::stdin().is_terminal();
    let mut replace = args.store.force;
    if vault.contains(&args.key) && !replace {
        replace = !is_piped && terminal::agrees(&format!("{} exists. Replace it?", args.key));
        if !replace {
            let line = format!("secret already exists: {}", args.key);
            return Err(Error::new(ErrorKind::SecretExists, line));
        }
    }
    let value: Value = if is_piped {
        value::from_stdin()?
    } else {
        let mut text = terminal::ask_hidden(&format!("Value for {}", args.key))?;
        Value::new(std::mem::take(&mut *text).into_bytes())
    };
    let options = SetOptions { replace, ..args.store.options(&args.key) };
    let notices = vault.set(&args.key, &value, options)?;
    tell(&notices);
    output::success(&format!("set {}", args.key))?;
    Ok(ExitCode::SUCCESS)
}
