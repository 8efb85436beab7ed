use std::{fs::OpenOptions, io::Write, path::PathBuf, process::ExitCode};

use clap::Args;
use dugout_host::{Error, ErrorKind, FoundIdentity, Result};
use zeroize::Zeroizing;

use super::Context;
use crate::output;

/// Make your identity, ~/.dugout/identity
#[derive(Args)]
pub(super) struct SetupArgs {
    /// Replace an existing identity, which is kept in ~/.dugout/archive; with --output, replace
    /// that file too
    #[arg(short, long)]
    force: bool,

    /// Accepted for scripts of dugout 0.1; an identity has no name
    #[arg(short, long, hide = true)]
    name: Option<String>,

    /// Write the private key to a file too, or to standard output (-)
    #[arg(short, long, value_name = "PATH")]
    output: Option<PathBuf>,
}

pub(super) fn cmd_setup(context: &Context<'_>, args: &SetupArgs) -> Result<ExitCode> {
    let host = context.host()?;
    if let Some(path) = args.output.as_ref().filter(|path| path.as_os_str() != "-") {
        // Before anything is made.
        if path.exists() && !args.force {
            let line = format!("{} exists already (use --force to replace it)", path.display());
            return Err(Error::new(ErrorKind::Io, line));
        }
    }
    let exists = host.identity_file().is_some() && !args.force;
    let (found, archived) = if exists {
        (host.global_identity()?, None)
    } else {
        let new = host.create_identity(args.force)?;
        (new.found, new.archived)
    };
    let public = found.identity.public_key().unwrap_or_default().to_owned();
    if let Some(archived) = archived {
        output::warn(&format!("the identity before it is kept in {}", archived.display()));
    }
    match &args.output {
        Some(path) if path.as_os_str() == "-" => {
            let key = private_key(&found)?;
            output::raw(&[key.as_bytes(), b"\n"].concat())?;
            output::progress(&format!("public key: {public}"));
        }
        Some(path) => {
            write_key(path, &private_key(&found)?, args.force)?;
            output::success(&format!(
                "private key written to {} (public key: {public})",
                path.display()
            ))?;
        }
        None if exists => {
            output::warn("identity already exists (use --force to replace it)");
            output::hint(&format!("public key: {public}"));
        }
        None => output::success(&format!("generated identity (public key: {public})"))?,
    }
    Ok(ExitCode::SUCCESS)
}

fn private_key(found: &FoundIdentity) -> Result<Zeroizing<String>> {
    found.identity.to_secret_text().ok_or_else(|| {
        let line = format!("{} is not an age key that can be written out", found.source);
        Error::new(ErrorKind::InvalidIdentity, line)
    })
}

fn write_key(path: &PathBuf, key: &str, replace: bool) -> Result<()> {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    if replace {
        // Removed first: an existing file may have another mode, or be a link.
        let _may_not_exist = std::fs::remove_file(path);
    }
    options
        .create_new(true)
        .open(path)
        .and_then(|mut file| {
            writeln!(file, "{key}")?;
            file.sync_all()
        })
        .map_err(|error| {
            let line = format!("cannot write {}", path.display());
            Error::new(ErrorKind::Io, line).with_source(error)
        })
}
