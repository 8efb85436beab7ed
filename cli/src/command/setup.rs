use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use dugout_host::{Error, ErrorKind, FoundIdentity, Result};
use tempfile::NamedTempFile;
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
    // Whatever can fail about the file fails before an identity is made or replaced.
    let key_file = match &args.output {
        Some(path) if path.as_os_str() != "-" => Some(KeyFile::prepare(path, args.force)?),
        _ => None,
    };
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
    if let Some(file) = key_file {
        let path = file.write(&private_key(&found)?)?;
        let line = format!("private key written to {path} (public key: {public})");
        output::success(&line)?;
    } else if args.output.is_some() {
        let key = private_key(&found)?;
        output::secret(key.as_bytes(), b"\n")?;
        output::progress(&format!("public key: {public}"));
    } else if exists {
        output::warn("identity already exists (use --force to replace it)");
        output::hint(&format!("public key: {public}"));
    } else {
        output::success(&format!("generated identity (public key: {public})"))?;
    }
    Ok(ExitCode::SUCCESS)
}

fn private_key(found: &FoundIdentity) -> Result<Zeroizing<String>> {
    found.identity.to_secret_text().ok_or_else(|| {
        let line = format!("{} is not an age key that can be written out", found.source);
        Error::new(ErrorKind::InvalidIdentity, line)
    })
}

/// A file for a private key, not yet under its name. Its mode is 0600.
struct KeyFile {
    path: PathBuf,
    temporary: NamedTempFile,
    replace: bool,
}

impl KeyFile {
    fn prepare(path: &Path, replace: bool) -> Result<Self> {
        if path.symlink_metadata().is_ok() && !replace {
            let line = format!("{} exists already (use --force to replace it)", path.display());
            return Err(Error::new(ErrorKind::Io, line));
        }
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            let line = format!("{} is a folder", path.display());
            return Err(Error::new(ErrorKind::Io, line));
        }
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        let folder = parent.unwrap_or(Path::new("."));
        let temporary = folder
            .metadata()
            .and_then(|_| NamedTempFile::new_in(folder))
            .map_err(|error| cannot_write(path, error))?;
        Ok(Self { path: path.to_owned(), temporary, replace })
    }

    /// Writes the key; gives the path for a message.
    fn write(mut self, key: &str) -> Result<String> {
        writeln!(self.temporary, "{key}")
            .and_then(|()| self.temporary.as_file().sync_all())
            .map_err(|error| cannot_write(&self.path, error))?;
        let persisted = if self.replace {
            self.temporary.persist(&self.path)
        } else {
            self.temporary.persist_noclobber(&self.path)
        };
        persisted.map_err(|error| cannot_write(&self.path, error.error))?;
        Ok(self.path.display().to_string())
    }
}

fn cannot_write(path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("cannot write {}", path.display())).with_source(error)
}
