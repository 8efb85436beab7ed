//! When an `age-plugin-NAME` program may be run.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

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
    /// The repository's root.
    pub(crate) repository: Option<PathBuf>,
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
        self.check_identity(name)
    }

    /// Checks a plugin that an identity of the user's own asks for.
    pub(crate) fn check_identity(&self, name: &str) -> Result<()> {
        let program = format!("age-plugin-{name}");
        let found = which::which_in(&program, self.path.as_deref(), Path::new("/"))
            .ok()
            .and_then(|found| found.canonicalize().ok());
        let Some(found) = found else {
            return Err(Error::new(
                ErrorKind::InvalidRecipient,
                format!("{program} is not on PATH"),
            ));
        };
        match &self.repository {
            Some(repository) if found.starts_with(repository) => Err(Error::new(
                ErrorKind::InvalidRecipient,
                format!("{} is inside the repository and is not run", found.display()),
            )),
            _ => Ok(()),
        }
    }
}
