//! Putting libraries into a folder with an index, and taking them out.

use std::{env::consts::DLL_SUFFIX, fs, path::Path};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    index::{Entry, Index},
    loader,
    record::{PluginRecord, Provides},
    refused,
};
use crate::{
    atomic::{FolderLock, Mode},
    error::{Error, ErrorKind, Result},
    platform,
    vault::hex,
};

/// What a library says of itself when it is loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Described {
    /// The plugin's name.
    pub id: String,
    /// The plugin's version.
    pub version: String,
    /// The version of the interface that it was built for.
    pub api: String,
    /// One line about it.
    pub summary: String,
    /// What it provides.
    #[serde(flatten)]
    pub provides: Provides,
}

/// Loads a library into this process and asks what it is.
///
/// Its constructors run, and one that aborts takes the process with it: call this in a child
/// process, as `dugout plugin install` does.
///
/// # Errors
/// [`ErrorKind::PluginRefused`], in one line.
pub fn describe(file: &Path) -> Result<Described> {
    let (info, api) = loader::introduce(file)?;
    let shown = file.display().to_string();
    let id = info.id.as_str().to_owned();
    let is_id_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id.len() > 64 || !id.chars().all(is_id_char) {
        let reason = format!("its id is {id:?} (allowed: a-z 0-9 -)");
        return Err(refused(&shown, &reason));
    }
    let Some(provides) = Provides::from_info(&info) else {
        return Err(refused(&shown, "it provides neither a cipher nor a detector"));
    };
    if semver::Version::parse(&info.version).is_err() {
        return Err(refused(&shown, &format!("its version is {:?}", info.version.as_str())));
    }
    Ok(Described {
        id,
        version: info.version.into_string(),
        api: api.to_string(),
        summary: info.summary.into_string(),
        provides,
    })
}

/// Copies a library into a folder and lists it in the folder's index. `describe` loads the copy
/// and says what it is; if it fails, the folder is as before.
///
/// # Errors
/// [`ErrorKind::PluginRefused`] and [`ErrorKind::Io`].
pub fn install(
    file: &Path,
    folder: &Path,
    describe: impl FnOnce(&Path) -> Result<Described>,
) -> Result<Described> {
    let shown = file.display().to_string();
    let (_, bytes) = loader::check_file(file).map_err(|reason| refused(&shown, &reason))?;
    let sha256 = hex(&Sha256::digest(&bytes));
    create_folder(folder)?;
    let folder = folder.canonicalize().map_err(|error| Error::io("open", folder, error))?;
    let lock = FolderLock::acquire(&folder)?;
    let mut index = Index::read(&folder)?.unwrap_or_default();

    // The very bytes that were checked are loaded, installed and listed.
    let trial = tempfile::Builder::new()
        .prefix(".dugout-")
        .suffix(".tmp")
        .tempfile_in(&folder)
        .map_err(|error| Error::io("write", &folder, error))?;
    fs::write(trial.path(), &bytes).map_err(|error| Error::io("write", &folder, error))?;
    let described = describe(trial.path()).map_err(|error| {
        let line = error.to_string().replace(&trial.path().display().to_string(), &shown);
        Error::new(error.kind(), line)
    })?;
    drop(trial);

    // Under a name of its own, so that the library before it stays whole until the index has moved
    // on to this one.
    let file_name = format!("{}-{}{DLL_SUFFIX}", described.id, &sha256[..12]);
    lock.replace(&folder.join(&file_name), &bytes, Mode::Usual)?;
    let is_old = |entry: &Entry| entry.id == described.id;
    let old: Vec<Entry> = index.plugins.iter().filter(|entry| is_old(entry)).cloned().collect();
    index.plugins.retain(|entry| !is_old(entry));
    index.plugins.push(Entry {
        id: described.id.clone(),
        version: described.version.clone(),
        api: described.api.clone(),
        summary: described.summary.clone(),
        file: file_name.clone(),
        sha256,
        provides: described.provides.clone(),
    });
    index.write(&folder, &lock)?;
    for old in old.iter().filter(|old| old.file != file_name) {
        let _best_effort = fs::remove_file(folder.join(&old.file));
    }
    Ok(described)
}

/// Takes a plugin out of a folder: first out of the index, then its file.
///
/// # Errors
/// [`ErrorKind::NoPlugin`] and [`ErrorKind::Io`].
pub fn remove(id: &str, folder: &Path) -> Result<()> {
    let not_there = || {
        let line = format!("no plugin {id:?} in {}", folder.display());
        Error::new(ErrorKind::NoPlugin, line)
    };
    if !folder.is_dir() {
        return Err(not_there());
    }
    let lock = FolderLock::acquire(folder)?;
    let mut index = Index::read(folder)?.ok_or_else(not_there)?;
    let (gone, kept): (Vec<Entry>, Vec<Entry>) =
        index.plugins.drain(..).partition(|entry| entry.id == id);
    if gone.is_empty() {
        return Err(not_there());
    }
    index.plugins = kept;
    index.write(folder, &lock)?;
    for entry in gone {
        let path = folder.join(entry.file);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(Error::io("remove", &path, error));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Everything that can be told of an installed plugin without opening it: owner, mode, digest,
/// form, and the version of its interface.
///
/// # Errors
/// [`ErrorKind::PluginRefused`].
pub fn verify(record: &PluginRecord) -> Result<()> {
    match record.inspect() {
        super::Status::Broken { reason } => Err(refused(record.id(), &reason)),
        _ => Ok(()),
    }
}

fn create_folder(folder: &Path) -> Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    platform::create_program_dir(folder).map_err(|error| Error::io("make", folder, error))
}
