//! The commands, a file each: arguments as a struct, and what they do.

mod add;
mod completions;
mod dot;
mod env;
mod get;
mod init;
mod list;
mod plugin;
mod rm;
mod run;
mod set;
mod setup;
mod value;
mod whoami;

use std::{ffi::OsStr, mem::ManuallyDrop, path::PathBuf, process::ExitCode, sync::Arc};

use clap::{
    CommandFactory, FromArgMatches, Parser, Subcommand,
    builder::styling::{AnsiColor, Styles},
};
use dugout_host::{
    Environment, Error, ErrorKind, Host, Notice, Result, Selection, Vault, VaultName,
};

use crate::{output, terminal::Terminal};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Secrets in git, encrypted to your team.
#[derive(Parser)]
#[command(name = "dugout", version, styles = STYLES, max_term_width = 100)]
pub(crate) struct Cli {
    /// Say more, on standard error
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,

    /// The vault's name: `prod` for .dugout.prod.toml, `default` for .dugout.toml
    /// [env: DUGOUT_VAULT]
    #[arg(long, global = true, value_name = "NAME")]
    vault: Option<String>,

    /// A folder of plugins, before all others [env: DUGOUT_PLUGIN_DIR]
    #[cfg(feature = "dynamic")]
    #[arg(long, global = true, value_name = "DIR")]
    plugin_dir: Vec<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Setup(setup::SetupArgs),
    Whoami(whoami::WhoamiArgs),
    Init(init::InitArgs),
    Add(add::AddArgs),
    Set(set::SetArgs),
    Get(get::GetArgs),
    Rm(rm::RmArgs),
    List(list::ListArgs),
    Run(run::RunArgs),
    Env(env::EnvArgs),
    #[command(name = ".")]
    Dot(dot::DotArgs),
    Plugin(plugin::PluginArgs),
    Completions(completions::CompletionsArgs),
}

impl Cli {
    /// Parses this process's arguments.
    pub(crate) fn parse_arguments() -> clap::error::Result<Self> {
        // Not dropped: taking the description of all commands apart takes longer than a parse.
        let mut command = ManuallyDrop::new(Self::command());
        let mut matches = command.try_get_matches_from_mut(std::env::args_os())?;
        Self::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut command))
    }

    /// Whether there is a command of that name.
    pub(crate) fn is_command(word: &OsStr) -> bool {
        word.to_str().is_some_and(|word| Self::command().find_subcommand(word).is_some())
    }

    /// Does what the arguments say.
    pub(crate) fn run(self, environment: Environment) -> Result<ExitCode> {
        let context = Context { cli: &self, environment };
        match &self.command {
            Command::Setup(args) => setup::cmd_setup(&context, args),
            Command::Whoami(args) => whoami::cmd_whoami(&context, args),
            Command::Init(args) => init::cmd_init(&context, args),
            Command::Add(args) => add::cmd_add(&context, args),
            Command::Set(args) => set::cmd_set(&context, args),
            Command::Get(args) => get::cmd_get(&context, args),
            Command::Rm(args) => rm::cmd_rm(&context, args),
            Command::List(args) => list::cmd_list(&context, args),
            Command::Run(args) => run::cmd_run(&context, args),
            Command::Env(args) => env::cmd_env(&context, args),
            Command::Dot(args) => dot::cmd_dot(&context, args),
            Command::Plugin(args) => plugin::cmd_plugin(&context, args),
            Command::Completions(args) => completions::cmd_completions(args),
        }
    }
}

/// What the commands have in common.
struct Context<'a> {
    cli: &'a Cli,
    environment: Environment,
}

impl Context<'_> {
    fn host(&self) -> Result<Host> {
        Host::new(self.with_plugin_dirs()?, Some(Arc::new(Terminal)))
    }

    #[cfg(feature = "dynamic")]
    fn with_plugin_dirs(&self) -> Result<Environment> {
        let mut environment = self.environment.clone();
        let mut folders = Vec::new();
        for folder in &self.cli.plugin_dir {
            let absolute = std::path::absolute(folder).map_err(|error| {
                let line = format!("cannot open {}", folder.display());
                Error::new(ErrorKind::Io, line).with_source(error)
            })?;
            folders.push(absolute);
        }
        folders.append(&mut environment.plugin_dirs);
        environment.plugin_dirs = folders;
        Ok(environment)
    }

    #[cfg(not(feature = "dynamic"))]
    fn with_plugin_dirs(&self) -> Result<Environment> {
        Ok(self.environment.clone())
    }

    /// The vault that the user has named.
    fn vault_name(&self, host: &Host) -> Result<Option<VaultName>> {
        let name = self.cli.vault.as_ref().or(host.environment().vault.as_ref());
        name.map(|name| name.parse()).transpose()
    }

    /// Opens the vault that the user means, from the working directory upwards.
    fn vault(&self, host: &Host) -> Result<Vault> {
        self.vault_or(host, Selection::Only)
    }

    fn vault_or(&self, host: &Host, otherwise: Selection<'_>) -> Result<Vault> {
        let name = self.vault_name(host)?;
        let selection = name.as_ref().map_or(otherwise, Selection::Named);
        host.open(&working_directory()?, selection)
    }
}

fn working_directory() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| {
        Error::new(ErrorKind::Io, "cannot open the working directory").with_source(error)
    })
}

/// Tells what a change brought with it.
fn tell(notices: &[Notice]) {
    for notice in notices {
        let line = match notice {
            Notice::NotForServers { name } => format!(
                "{name} is encrypted to the team alone: servers that use the key service cannot \
                 read it yet"
            ),
            Notice::NotForOldVersions { member } => format!(
                "{member}'s key is of a kind that dugout 0.1 cannot read: members who still use \
                 it are locked out of this vault"
            ),
            _ => continue,
        };
        output::warn(&line);
    }
}
