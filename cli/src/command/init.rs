use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::Path,
    process::ExitCode,
};

use clap::Args;
use dugout_host::{Error, ErrorKind, FoundIdentity, Host, Recipient, Result, Selection};

use super::{Context, working_directory};
use crate::output;

/// Files with plaintext that should not be committed.
const IGNORED: [&str; 3] = [".env", ".env.*", "!.env.example"];

/// Start a vault in this directory
#[derive(Args)]
pub(super) struct InitArgs {
    /// Your name among the members (default: your user name)
    #[arg(short, long)]
    name: Option<String>,

    /// Accepted for scripts of dugout 0.1
    #[arg(long, hide = true)]
    no_banner: bool,
}

pub(super) fn cmd_init(context: &Context<'_>, args: &InitArgs) -> Result<ExitCode> {
    let host = context.host()?;
    let name = context.vault_name(&host)?.unwrap_or_default();
    let member = match &args.name {
        Some(member) => member.clone(),
        None => whoami::username(),
    };
    if args.name.is_none() && member == "unknown" {
        let line = "this system does not know your user name";
        return Err(Error::new(ErrorKind::InvalidLabel, line));
    }
    // Everything that can be refused is refused before an identity is made.
    dugout_host::check_member_name(&member)?;
    let folder = working_directory()?;
    if folder.join(name.file_name()).symlink_metadata().is_ok() {
        let line = format!("{} exists already", name.file_name());
        return Err(Error::new(ErrorKind::VaultExists, line));
    }
    if let Ok(above) = host.find(&folder, Selection::Named(&name)) {
        output::warn(&format!("from here down this vault hides {}", above.file().display()));
    }
    let found = own_identity(&host)?;
    let recipient = recipient_of(&found)?;
    host.init(&folder, name.clone(), &member, &recipient)?;
    if let Err(error) = ignore_plaintext(&folder) {
        output::warn(&format!(".gitignore was not changed: {error}"));
    }
    output::success(&format!("initialized {}", name.file_name()))?;
    Ok(ExitCode::SUCCESS)
}

/// The user's identity, made now if there is none.
fn own_identity(host: &Host) -> Result<FoundIdentity> {
    match host.identity() {
        Err(error) if error.kind() == ErrorKind::NoIdentity => {
            let new = host.create_identity(false)?.found;
            output::warn(&format!("you had no identity: one was made in {}", new.source));
            Ok(new)
        }
        other => other,
    }
}

fn recipient_of(found: &FoundIdentity) -> Result<Recipient> {
    match found.identity.public_key() {
        Some(key) => key.parse(),
        None => Err(Error::new(
            ErrorKind::InvalidIdentity,
            format!("the public key of {} is known to its plugin alone", found.source),
        )),
    }
}

/// Adds what is missing to `.gitignore`, at its end.
fn ignore_plaintext(folder: &Path) -> io::Result<()> {
    let path = folder.join(".gitignore");
    if path.symlink_metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(io::Error::other("it is not a regular file"));
    }
    let before = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let is_there = |entry: &&&str| before.lines().any(|line| line.trim() == **entry);
    // The exception comes last, or it is none.
    let addition: Vec<&str> = if IGNORED.iter().filter(is_there).count() == IGNORED.len() {
        Vec::new()
    } else {
        let missing = IGNORED.iter().filter(|entry| !is_there(entry) || entry.starts_with('!'));
        missing.copied().collect()
    };
    let mut addition: String = addition.iter().map(|entry| format!("{entry}\n")).collect();
    if addition.is_empty() {
        return Ok(());
    }
    if !before.is_empty() && !before.ends_with('\n') {
        addition.insert(0, '\n');
    }
    let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
    file.write_all(addition.as_bytes())
}
