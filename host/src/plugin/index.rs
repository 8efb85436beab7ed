//! A folder's index, `plugins.toml`: what its libraries provide, so that the right one is loaded
//! and the others are not, and their digests, so that a changed one is not.

use std::{
    io::{self, Read},
    path::{Component, Path},
};

use serde::{Deserialize, Serialize};

use super::record::Provides;
use crate::{
    atomic::{FolderLock, Mode},
    error::{Error, ErrorKind, Result},
    platform,
};

/// The index's file name.
pub(super) const FILE_NAME: &str = "plugins.toml";

/// An index is a few lines for each plugin.
const MAX_LEN: u64 = 1024 * 1024;

const HEADER: &str = "# Written by `dugout plugin install`. A library that is not listed here, or whose digest\n\
     # differs, is not loaded.\n\n";

/// The content of the index.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Index {
    /// The libraries.
    #[serde(rename = "plugin", default)]
    pub(super) plugins: Vec<Entry>,
}

/// One library.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Entry {
    /// The plugin's name.
    pub(super) id: String,
    /// The plugin's version.
    pub(super) version: String,
    /// The version of the interface that it was built for.
    pub(super) api: String,
    /// One line about it.
    #[serde(default)]
    pub(super) summary: String,
    /// The library's file name; it lies beside the index.
    pub(super) file: String,
    /// The library's SHA-256, lower-case hexadecimal.
    pub(super) sha256: String,
    /// What it provides.
    #[serde(flatten)]
    pub(super) provides: Provides,
}

impl Index {
    /// Reads a folder's index; `None` if there is none.
    ///
    /// # Errors
    /// [`ErrorKind::PluginRefused`] if somebody else could have written it, or if it is malformed.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let path = folder.join(FILE_NAME);
        let refuse = |what: String| {
            Err(Error::new(ErrorKind::PluginRefused, format!("{}: {what}", path.display())))
        };
        let real = match path.canonicalize() {
            Ok(real) => real,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return refuse(error.to_string()),
        };
        match platform::unsafe_ancestor(&real) {
            Ok(None) => {}
            Ok(Some(what)) => return refuse(what),
            Err(error) => return refuse(error.to_string()),
        }
        let mut text = String::new();
        let read = platform::open_without_following(&real)
            .and_then(|file| file.take(MAX_LEN).read_to_string(&mut text));
        if let Err(error) = read {
            return refuse(error.to_string());
        }
        let index: Self = match toml::from_str(&text) {
            Ok(index) => index,
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let line = text[..at].matches('\n').count() + 1;
                return refuse(format!("line {line}: {}", error.message()));
            }
        };
        for entry in &index.plugins {
            let mut parts = Path::new(&entry.file).components();
            let is_name =
                matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None));
            if !is_name {
                return refuse(format!("{:?} is not a file name", entry.file));
            }
        }
        Ok(Some(index))
    }

    /// Writes the index, sorted by id.
    pub(super) fn write(&mut self, folder: &Path, lock: &FolderLock) -> Result<()> {
        self.plugins.sort_by(|a, b| a.id.cmp(&b.id));
        let text = toml::to_string(self).map_err(|error| {
            Error::new(ErrorKind::PluginRefused, "cannot write the index").with_source(error)
        })?;
        let text = format!("{HEADER}{text}");
        lock.replace(&folder.join(FILE_NAME), text.as_bytes(), Mode::Usual)
    }
}
