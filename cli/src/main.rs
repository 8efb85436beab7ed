//! The `dugout` program: arguments → one call of the host → output.

mod command;
mod exit;
mod hint;
mod linked;
mod log;
mod output;
mod terminal;

use std::process::ExitCode;

use clap::error::ErrorKind;
use dugout_host::{Environment, IDENTITY_VARIABLES};
use zeroize::Zeroize;
use zeroizing_alloc::ZeroAlloc;

use crate::command::Cli;

/// Wipes all memory that is freed: parsers and ciphers make copies of secrets that no wrapper
/// reaches.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() -> ExitCode {
    dugout_host::protect_memory();
    let environment = take_environment();
    // The usual hook would print a panic's message, which may quote a secret.
    std::panic::set_hook(Box::new(|info| {
        if dugout_host::is_contained() {
            return;
        }
        let place = info.location().map(ToString::to_string).unwrap_or_default();
        output::error(&format!("internal error at {place}"));
        output::hint("this is a defect of dugout; please report it");
    }));
    let cli = match Cli::parse_arguments() {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error),
    };
    log::init(cli.verbose);
    let result = cli.run(environment);
    wipe_stack();
    match result {
        Ok(code) => code,
        Err(error) => {
            output::error(&error.to_string());
            if let Some(hint) = hint::for_kind(error.kind()) {
                output::hint(hint);
            }
            exit::code(error.kind())
        }
    }
}

/// Overwrites the part of the stack that deeper calls have used: arithmetic on keys leaves copies
/// there that nobody owns any more.
#[inline(never)]
fn wipe_stack() {
    let mut used = [0_u8; 48 * 1024];
    used.zeroize();
}

/// Reads the environment, and takes out of it what says who the user is: no program that this one
/// starts, an age plugin for instance, is to get it.
#[allow(unsafe_code)]
fn take_environment() -> Environment {
    let environment = Environment::from_process();
    for name in IDENTITY_VARIABLES {
        // SAFETY: this is the first thing that `main` does, and there is no other thread.
        unsafe { std::env::remove_var(name) };
    }
    environment
}

/// Help and version are printed as they are. A mistake in the arguments of a command that takes a
/// value is told without quoting them.
fn usage_error(error: &clap::Error) -> ExitCode {
    let quotes_an_argument = matches!(
        error.kind(),
        ErrorKind::UnknownArgument | ErrorKind::InvalidValue | ErrorKind::TooManyValues
    );
    let command = std::env::args_os().skip(1).find(|word| Cli::is_command(word));
    let takes_a_secret = command.is_some_and(|word| word == "set" || word == "add");
    if quotes_an_argument && takes_a_secret {
        output::error("`set` takes one name and one value, `add` takes one name");
        output::hint("a value with spaces needs quotes; one like an option needs -- before it");
        return ExitCode::from(exit::USAGE);
    }
    let shows_help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if shows_help {
        // A closed pipe is no error.
        let _ignored = error.print();
        return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
    }
    // clap says it in several paragraphs: what is wrong, a tip perhaps, the usage.
    let text = error.render().to_string();
    let mut paragraphs =
        text.split("\n\n").map(|part| part.split_whitespace().collect::<Vec<&str>>().join(" "));
    let what = paragraphs.next().unwrap_or_default();
    output::error(what.strip_prefix("error: ").unwrap_or(&what));
    if let Some(advice) = paragraphs.next() {
        output::hint(&advice);
    }
    ExitCode::from(exit::USAGE)
}
