//! Plugins: which there are, where they come from, and loading the one that is needed.
//!
//! Linked plugins are part of the program. Installed ones lie in folders, each with an index
//! (`plugins.toml`) that says what they provide; a library is opened only when it is used. Folders
//! are searched in this order: those that the user names, `~/.dugout/plugins`, and the one that
//! was installed with the program. The repository, the working directory and the system's library
//! path are never looked at: a clone must not be able to run code.

mod host_api;
#[cfg(feature = "dynamic")]
mod index;
#[cfg(feature = "dynamic")]
mod install;
#[cfg(feature = "dynamic")]
mod loader;
#[cfg(feature = "dynamic")]
mod precheck;
mod record;
mod service;

pub use host_api::{set_cancelled, with_deadline};
#[cfg(feature = "dynamic")]
pub use install::{Described, describe, install, remove, verify};
pub use record::{Origin, PluginRecord, Provides, Status};
pub use service::Cipher;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use dugout_plugin_api::{Detection, linked_plugins};
use wildmatch::WildMatch;

use crate::{
    env::Environment,
    error::{Error, ErrorKind, Result},
    project::ProjectRoot,
};
use record::Loading;
use service::Plugin;

/// A folder of plugins.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Its path.
    pub path: PathBuf,
    /// Why nothing in it is used, if so.
    pub problem: Option<String>,
}

/// All plugins that there are. Scanning reads indexes and opens no library.
pub struct Registry {
    records: Vec<PluginRecord>,
    loaded: Vec<OnceLock<std::result::Result<Plugin, (ErrorKind, String)>>>,
    folders: Vec<Folder>,
}

impl Registry {
    /// Reads the indexes of the environment's folders, and takes the linked plugins.
    pub fn scan(environment: &Environment) -> Self {
        let mut records: Vec<PluginRecord> = Vec::new();
        let mut folders = Vec::new();
        for path in search_order(environment) {
            let problem = match installed_in(&path) {
                Ok(Some(found)) => {
                    // Two of one id in this folder are broken rather than shadowed.
                    let before = records.len();
                    for mut record in found {
                        record.shadow_by_first(&records[..before]);
                        records.push(record);
                    }
                    None
                }
                Ok(None) => None,
                Err(error) => {
                    tracing::warn!("plugins in {} are not used: {error}", path.display());
                    Some(error.to_string())
                }
            };
            folders.push(Folder { path, problem });
        }
        // The order in which the linker has left them varies.
        let mut linked: Vec<PluginRecord> = linked_plugins().map(PluginRecord::linked).collect();
        linked.sort_by(|a, b| a.id().cmp(b.id()));
        for mut record in linked {
            record.shadow_by_first(&records);
            records.push(record);
        }
        let loaded = records.iter().map(|_| OnceLock::new()).collect();
        Self { records, loaded, folders }
    }

    /// The plugins, in the order of the search.
    pub fn records(&self) -> &[PluginRecord] {
        &self.records
    }

    /// The folders that were searched, in their order.
    pub fn folders(&self) -> &[Folder] {
        &self.folders
    }

    /// The plugin of that id which is used.
    ///
    /// # Errors
    /// [`ErrorKind::NoPlugin`], or [`ErrorKind::PluginRefused`] for a broken one.
    pub fn find(&self, id: &str) -> Result<&PluginRecord> {
        self.position(id).map(|at| &self.records[at])
    }

    /// The plugin of that id which comes first, broken or not.
    ///
    /// # Errors
    /// [`ErrorKind::NoPlugin`].
    pub fn find_any(&self, id: &str) -> Result<&PluginRecord> {
        self.records.iter().find(|record| record.id() == id).ok_or_else(|| unknown(id))
    }

    /// Opens the cipher whose patterns claim a key.
    ///
    /// # Errors
    /// [`ErrorKind::NoPlugin`] when none or several do, and those of loading.
    pub fn cipher_for_key(&self, key: &str, config_json: &str) -> Result<Cipher> {
        let claims = |record: &&PluginRecord| match record.provides() {
            Provides::Cipher { key_patterns, .. } => {
                key_patterns.iter().any(|pattern| WildMatch::new(pattern).matches(key))
            }
            _ => false,
        };
        let mut found = self.records.iter().filter(|r| r.is_used()).filter(claims);
        match (found.next(), found.next()) {
            (Some(record), None) => self.cipher(record.id(), config_json),
            (None, _) => {
                Err(Error::new(ErrorKind::NoPlugin, format!("no plugin serves the key {key:?}")))
            }
            (Some(one), Some(two)) => Err(Error::new(
                ErrorKind::NoPlugin,
                format!("two plugins serve the key {key:?}: {} and {}", one.id(), two.id()),
            )),
        }
    }

    /// Opens a cipher by its plugin's id. `config_json` is a JSON object, or empty.
    ///
    /// # Errors
    /// Those of [`find`](Self::find) and of loading, and [`ErrorKind::PluginFailed`].
    pub fn cipher(&self, id: &str, config_json: &str) -> Result<Cipher> {
        self.load(self.position(id)?)?.open_cipher(config_json)
    }

    /// The detectors, broken ones among them: asking one of those says why it is not used.
    pub(crate) fn detectors(&self) -> impl Iterator<Item = &PluginRecord> {
        let is_detector = |record: &&PluginRecord| {
            !record.is_shadowed() && matches!(record.provides(), Provides::Detector { .. })
        };
        self.records.iter().filter(is_detector)
    }

    /// Asks one detector about a project, loading it if need be. [`Host::detect`](crate::Host::detect)
    /// asks those whose markers are there, and ranks the answers.
    ///
    /// # Errors
    /// Those of [`find`](Self::find) and of loading, and [`ErrorKind::PluginFailed`].
    pub fn detect(&self, id: &str, project: &ProjectRoot) -> Result<Option<Detection>> {
        self.load(self.position(id)?)?.detect(project.as_view())
    }

    fn position(&self, id: &str) -> Result<usize> {
        let at = self.records.iter().position(|record| record.id() == id && !record.is_shadowed());
        let at = at.ok_or_else(|| unknown(id))?;
        match self.records[at].status() {
            Status::Broken { reason } => Err(refused(id, reason)),
            _ => Ok(at),
        }
    }

    fn load(&self, at: usize) -> Result<&Plugin> {
        let record = &self.records[at];
        let load = || match &record.loading {
            Loading::Linked(module) => {
                Plugin::linked(*module).map_err(|e| (e.kind(), e.to_string()))
            }
            #[cfg(feature = "dynamic")]
            Loading::Library(entry) => {
                loader::load(entry).map_err(|error| (error.kind(), error.to_string()))
            }
        };
        match self.loaded[at].get_or_init(load) {
            Ok(plugin) => Ok(plugin),
            Err((kind, line)) => Err(Error::new(*kind, line.clone())),
        }
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry").field("records", &self.records).finish_non_exhaustive()
    }
}

fn unknown(id: &str) -> Error {
    Error::new(ErrorKind::NoPlugin, format!("no plugin is called {id:?}"))
}

/// The error for a plugin that is not loaded.
fn refused(id: &str, reason: &str) -> Error {
    Error::new(ErrorKind::PluginRefused, format!("plugin {id:?} refused: {reason}"))
}

fn search_order(environment: &Environment) -> Vec<PathBuf> {
    if !cfg!(feature = "dynamic") {
        return Vec::new();
    }
    let home = environment.dugout_home.as_ref().map(|home| home.join("plugins"));
    let mut folders = environment.plugin_dirs.clone();
    folders.extend(home);
    folders.extend(environment.installed_plugins.clone());
    folders
}

/// The plugins of a folder; `None` if it has no index.
#[cfg(feature = "dynamic")]
fn installed_in(folder: &Path) -> Result<Option<Vec<PluginRecord>>> {
    if !folder.is_absolute() {
        // Relative to what? To a clone, in the worst case.
        return Err(Error::new(
            ErrorKind::PluginRefused,
            format!("{} is not an absolute path", folder.display()),
        ));
    }
    let Some(index) = index::Index::read(folder)? else { return Ok(None) };
    let mut records: Vec<PluginRecord> =
        index.plugins.into_iter().map(|entry| PluginRecord::installed(folder, entry)).collect();
    record::break_duplicates(&mut records);
    Ok(Some(records))
}

#[cfg(not(feature = "dynamic"))]
fn installed_in(_: &Path) -> Result<Option<Vec<PluginRecord>>> {
    Ok(None)
}
