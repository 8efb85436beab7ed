//! When an `age-plugin-NAME` program may be run.

use std::{ffi::OsString, path::PathBuf};

use crate::error::{Error, ErrorKind, Result};

/// A vault can name a plugin recipient, and whoever can push can write the vault. So a recipient's
/// program runs only if the user's own settings allow its name, and no program of the repository
/// ever does, whatever `PATH` says.
#[derive(Clone, Debug, Default)]
pub(crate) struct ProgramPolicy {
    /// The names that the user's settings allow.
    pub(crate) allowed: Vec<String>,
    /// `PATH`.
    pub(crate) path: Option<OsString>,
    /// The repository's root, or the vault's folder: no program in it is run.
    pub(crate) forbidden: PathBuf,
}

impl ProgramPolicy {
    /// Checks a plugin that a recipient in a vault asks for.
    pub(crate) fn check_recipient(&self, name: &str) -> Result<()> {
        if !self.allowed.iter().any(|allowed| allowed == name) {
            return Err(Error::new(
                ErrorKind::InvalidRecipient,
                format!("the age plugin {name:?} is not allowed by your settings"),
            ));
        }
        let not_run = |error: Error| Error::new(ErrorKind::InvalidRecipient, error.to_string());
        self.check_identity(name).map_err(not_run)
    }

    /// Checks a plugin that an identity of the user's own asks for.
    pub(crate) fn check_identity(&self, name: &str) -> Result<()> {
        let program = format!("age-plugin-{name}");
        let refuse = |why: String| Err(Error::new(ErrorKind::InvalidIdentity, why));
        // The age crate looks for it by itself, on the process's own `PATH` and from the working
        // directory: only a search that cannot end elsewhere is let through.
        let path = self.path.as_deref().unwrap_or_default();
        for folder in std::env::split_paths(path) {
            if !folder.is_absolute() {
                return refuse(format!("{program} is not run: PATH has the entry {folder:?}"));
            }
            let found = folder.join(&program);
            if !found.is_file() {
                continue;
            }
            let real = found.canonicalize().unwrap_or_else(|_| found.clone());
            if found.starts_with(&self.forbidden) || real.starts_with(&self.forbidden) {
                let shown = found.display();
                return refuse(format!("{shown} is inside the repository and is not run"));
            }
            return Ok(());
        }
        refuse(format!("{program} is not on PATH"))
    }
}
