//! The process's environment, read here and nowhere else.
//!
//! An embedder that wants none of it builds an [`Environment`] of its own.

use std::{env, ffi::OsString, fmt, path::PathBuf};

use zeroize::Zeroizing;

/// What the host takes from its surroundings. [`Environment::from_process`] reads the variables;
/// `Environment::default()` is an empty one, for tests and embedders.
#[derive(Clone, Default)]
pub struct Environment {
    /// The folder of the user's keys, plugins and settings: `DUGOUT_HOME`, or `~/.dugout`.
    pub dugout_home: Option<PathBuf>,
    /// `DUGOUT_IDENTITY`: a private key itself.
    pub identity: Option<Zeroizing<String>>,
    /// `DUGOUT_IDENTITY_FILE`: the path of a file with private keys.
    pub identity_file: Option<PathBuf>,
    /// `DUGOUT_VAULT`: the name of the vault to use.
    pub vault: Option<String>,
    /// `DUGOUT_PLUGIN_DIR`: folders of plugins, before all others.
    pub plugin_dirs: Vec<PathBuf>,
    /// `DUGOUT_SAFE_DIRECTORY`: folders whose vaults may belong to another user; `*` is all.
    pub safe_directories: Vec<PathBuf>,
    /// `PATH`: where programs are looked for.
    pub path: Option<OsString>,
    /// `<exe>/../lib/dugout/plugins`: the plugins that were installed with the program.
    pub installed_plugins: Option<PathBuf>,
    /// `SHELL`: the user's shell.
    pub shell: Option<OsString>,
}

/// Variables that say who the user is. They are taken out of every child's environment.
pub const IDENTITY_VARIABLES: [&str; 2] = ["DUGOUT_IDENTITY", "DUGOUT_IDENTITY_FILE"];

impl Environment {
    /// Reads the process's variables. An empty variable counts as one that is not set.
    pub fn from_process() -> Self {
        let home = path("HOME").or_else(env::home_dir);
        Self {
            dugout_home: path("DUGOUT_HOME").or_else(|| home.map(|home| home.join(".dugout"))),
            identity: var("DUGOUT_IDENTITY")
                .map(|value| Zeroizing::new(value.to_string_lossy().into_owned())),
            identity_file: path("DUGOUT_IDENTITY_FILE"),
            vault: var("DUGOUT_VAULT").map(|value| value.to_string_lossy().into_owned()),
            plugin_dirs: paths("DUGOUT_PLUGIN_DIR"),
            safe_directories: paths("DUGOUT_SAFE_DIRECTORY"),
            path: var("PATH"),
            installed_plugins: installed_plugins(),
            shell: var("SHELL"),
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("dugout_home", &self.dugout_home)
            .field("identity", &self.identity.as_ref().map(|_| "…"))
            .field("identity_file", &self.identity_file)
            .field("vault", &self.vault)
            .finish_non_exhaustive()
    }
}

fn var(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|value| !value.is_empty())
}

fn path(name: &str) -> Option<PathBuf> {
    var(name).map(PathBuf::from)
}

fn paths(name: &str) -> Vec<PathBuf> {
    let value = var(name).unwrap_or_default();
    env::split_paths(&value).filter(|path| !path.as_os_str().is_empty()).collect()
}

fn installed_plugins() -> Option<PathBuf> {
    let program = env::current_exe().ok()?.canonicalize().ok()?;
    Some(program.parent()?.parent()?.join("lib/dugout/plugins"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_identity() {
        let environment = Environment {
            identity: Some(Zeroizing::new("AGE-SECRET-KEY-1X".to_owned())),
            ..Environment::default()
        };
        assert!(!format!("{environment:?}").contains("AGE-SECRET"));
    }
}
