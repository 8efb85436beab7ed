use std::{ffi::OsString, path::PathBuf, process::ExitCode};

use clap::{Args, CommandFactory};
use dugout_host::Result;

use super::{
    Cli, Context, tell,
    value::{self, StoreArgs, Value},
};
use crate::{exit, output};

/// Set a secret
#[derive(Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("source").args(["value", "stdin", "file"]).required(true))]
pub(super) struct SetArgs {
    /// The secret's name, as in DATABASE_URL
    key: String,

    /// The value. Other users see it in the list of processes, and your shell keeps it in its
    /// history: prefer --stdin or --file, or `dugout add`
    #[arg(allow_hyphen_values = true)]
    value: Option<OsString>,

    /// Take all of standard input as the value; a single line loses its line feed
    #[arg(long)]
    stdin: bool,

    /// Take a file's content as the value, byte for byte
    #[arg(long, value_name = "PATH")]
    file: Option<PathBuf>,

    #[command(flatten)]
    store: StoreArgs,
}

pub(super) fn cmd_set(context: &Context<'_>, args: &SetArgs) -> Result<ExitCode> {
    if let Some(option) = mistyped_option(args) {
        // The value itself is not quoted: it may be one after all.
        output::error(&format!("the value looks like --{option}, mistyped"));
        output::hint("if it is meant, put -- before it");
        return Ok(ExitCode::from(exit::USAGE));
    }
    let host = context.host()?;
    let mut vault = context.vault(&host)?;
    let options = args.store.options(&args.key);
    let notices = vault.set(&args.key, &value_of(args)?, options)?;
    tell(&notices);
    output::success(&format!("set {}", args.key))?;
    Ok(ExitCode::SUCCESS)
}

/// A value may begin with a hyphen, so a mistyped option would be stored as the secret.
fn mistyped_option(args: &SetArgs) -> Option<String> {
    let value = args.value.as_ref()?.to_str()?.strip_prefix("--")?;
    let is_meant = std::env::args_os().any(|argument| argument == "--");
    if is_meant || !value.starts_with(|c: char| c.is_alphabetic()) {
        return None;
    }
    let command = Cli::command();
    let set = command.find_subcommand("set").into_iter();
    let mut names =
        set.chain([&command]).flat_map(clap::Command::get_opts).filter_map(clap::Arg::get_long);
    names.find(|name| strsim::jaro_winkler(value, name) > 0.85).map(str::to_owned)
}

fn value_of(args: &SetArgs) -> Result<Value> {
    match (&args.value, &args.file) {
        (Some(value), _) => Ok(value::from_argument(value)),
        (None, Some(path)) => value::from_file(path),
        (None, None) => value::from_stdin(),
    }
}
