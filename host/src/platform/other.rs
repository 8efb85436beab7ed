//! Windows, and whatever has neither owners nor modes in Unix's sense.

use std::{
    ffi::OsStr,
    fs::{self, File, Metadata, OpenOptions},
    io,
    path::{Path, PathBuf},
    process::Command,
};

/// As on Linux, so that a vault is usable everywhere (Windows limits the whole block to 32,767
/// characters; starting the program reports that).
pub(crate) const MAX_VARIABLE_LEN: usize = 128 * 1024 - 1;

/// A secret's bytes as a variable's value: only text can be one.
pub(crate) fn variable_value(bytes: &[u8]) -> Option<&OsStr> {
    std::str::from_utf8(bytes).ok().map(OsStr::new)
}

/// Access is governed by lists, which the profile folder's protect.
pub(crate) fn is_ours(_: &Metadata) -> bool {
    true
}

/// See `others_can`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(dead_code, reason = "the same type as on Unix")]
pub(crate) enum OthersCan {
    Nothing,
    Read,
    Write,
}

/// Not told by a mode here.
pub(crate) fn others_can(_: &Metadata) -> OthersCan {
    OthersCan::Nothing
}

/// Not told by a mode here.
#[cfg(feature = "dynamic")]
pub(crate) fn unsafe_ancestor(_: &Path) -> io::Result<Option<String>> {
    Ok(None)
}

/// Opens a file for reading.
pub(crate) fn open_without_blocking(path: &Path) -> io::Result<File> {
    File::open(path)
}

/// The same, and a symbolic link is an error.
pub(crate) fn open_without_following(path: &Path) -> io::Result<File> {
    if path.is_symlink() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    File::open(path)
}

/// Makes a folder and those above it.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// Makes a folder and those above it.
#[cfg(feature = "dynamic")]
pub(crate) fn create_program_dir(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

/// There are no modes to copy.
pub(crate) fn copy_mode(_: Option<&Metadata>, _: &File) -> io::Result<()> {
    Ok(())
}

/// A folder cannot be synchronised here; the file system's journal orders the rename.
pub(crate) fn sync_dir(_: &Path) -> io::Result<()> {
    Ok(())
}

/// A folder cannot be locked here, so a file in it is; it stays.
pub(crate) fn open_lock(folder: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(".dugout.lock"))
}

/// Runs the command and waits: there is no `exec`. Gives its exit status.
pub(crate) fn replace_process(command: &mut Command) -> io::Result<i32> {
    Ok(command.status()?.code().unwrap_or(1))
}

/// Nothing to do.
pub(crate) fn protect_memory() {}

/// The user's shell, when `SHELL` does not say.
pub(crate) fn default_shell() -> PathBuf {
    PathBuf::from("cmd.exe")
}
