//! The user's own settings, `~/.dugout/config.toml`: what a repository must not decide.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use crate::{
    env::Environment,
    error::{Error, ErrorKind, Result},
    platform,
};

/// The file's name in the user's dugout folder.
pub(crate) const FILE_NAME: &str = "config.toml";

/// The content of the file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// Folders whose vaults may belong to another user, with all below them; `*` is everywhere.
    pub(crate) safe_directories: Vec<PathBuf>,
    /// About age.
    pub(crate) age: AgeSettings,
}

/// The table `[age]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AgeSettings {
    /// The `age-plugin-NAME` programs that a recipient in a vault may make run.
    pub(crate) plugins: Vec<String>,
}

impl Settings {
    /// Reads the settings; without a file they are empty.
    pub(crate) fn load(environment: &Environment) -> Result<Self> {
        let Some(home) = &environment.dugout_home else { return Ok(Self::default()) };
        let path = home.join(FILE_NAME);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Error::io("read", &path, error)),
        };
        toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            Error::new(
                ErrorKind::InvalidSettings,
                format!("{} line {line}: {}", path.display(), error.message()),
            )
        })
    }

    /// The folders that are trusted, by the settings and by the environment.
    pub(crate) fn trust(&self, environment: &Environment) -> Trust {
        let both = self.safe_directories.iter().chain(&environment.safe_directories);
        Trust { safe_directories: both.cloned().collect() }
    }
}

/// Where a vault may belong to another user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trust {
    safe_directories: Vec<PathBuf>,
}

impl Trust {
    /// Whether a path belongs to this user or to root, or is in a folder that is trusted.
    pub(crate) fn owns(&self, path: &Path, folder: &Path) -> bool {
        let is_ours = path.symlink_metadata().is_ok_and(|metadata| platform::is_ours(&metadata));
        is_ours || self.covers(folder)
    }

    pub(crate) fn covers(&self, folder: &Path) -> bool {
        self.safe_directories.iter().any(|safe| {
            safe.as_os_str() == "*"
                // A relative one would trust whatever folder the user happens to be in.
                || safe.is_absolute()
                    && safe.canonicalize().is_ok_and(|safe| folder.starts_with(safe))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Settings> {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(FILE_NAME), text).unwrap();
        let dugout_home = Some(home.path().to_owned());
        Settings::load(&Environment { dugout_home, ..Environment::default() })
    }

    #[test]
    fn settings_are_read_and_mistakes_are_placed() {
        assert_eq!(load("[age]\nplugins = [\"yubikey\"]\n").unwrap().age.plugins, ["yubikey"]);
        let error = load("\n[age]\nplugin = 1\n").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSettings);
        assert!(error.to_string().contains("line 3"), "{error}");
    }

    #[test]
    fn a_safe_directory_covers_what_is_below_it() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().canonicalize().unwrap();
        let trust = |path: PathBuf| Trust { safe_directories: vec![path] };
        assert!(trust(folder.clone()).covers(&folder.join("a")));
        assert!(!trust(folder.join("a")).covers(&folder));
        assert!(trust(PathBuf::from("*")).covers(&folder));
    }
}
