use std::process::ExitCode;

use clap::{Args, CommandFactory, ValueEnum};
use dugout_host::Result;

use super::Cli;
use crate::output;

/// Print a script that completes dugout's commands in your shell
#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// Which shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    #[value(alias = "power-shell")]
    Powershell,
    Zsh,
}

pub(super) fn cmd_completions(args: &CompletionsArgs) -> Result<ExitCode> {
    use clap_complete::Shell as Generator;
    let generator = match args.shell {
        Shell::Bash => Generator::Bash,
        Shell::Elvish => Generator::Elvish,
        Shell::Fish => Generator::Fish,
        Shell::Powershell => Generator::PowerShell,
        Shell::Zsh => Generator::Zsh,
    };
    let mut script = Vec::new();
    clap_complete::generate(generator, &mut Cli::command(), "dugout", &mut script);
    output::raw(&script)?;
    Ok(ExitCode::SUCCESS)
}
