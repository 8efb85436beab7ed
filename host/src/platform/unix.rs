//! Linux, macOS and the other Unix systems.

use std::{
    ffi::OsStr,
    fs::{self, DirBuilder, File, Metadata, OpenOptions},
    io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
        process::CommandExt,
    },
    path::{Path, PathBuf},
    process::Command,
};

/// The longest `NAME=value` that a program can be started with, in bytes: Linux's
/// `MAX_ARG_STRLEN`, 32 pages with the closing NUL. The strictest of the systems that a vault is
/// shared between decides what may be stored.
pub(crate) const MAX_VARIABLE_LEN: usize = 128 * 1024 - 1;

/// A secret's bytes as a variable's value.
pub(crate) fn variable_value(bytes: &[u8]) -> Option<&OsStr> {
    Some(OsStr::from_bytes(bytes))
}

/// Whether the file belongs to this user or to root, who could change it anyway.
pub(crate) fn is_ours(metadata: &Metadata) -> bool {
    metadata.uid() == 0 || metadata.uid() == rustix::process::geteuid().as_raw()
}

/// Who may use a private key's file beside its owner, as far as its mode tells.
pub(crate) fn others_can(metadata: &Metadata) -> OthersCan {
    match metadata.mode() {
        mode if mode & 0o022 != 0 => OthersCan::Write,
        mode if mode & 0o044 != 0 => OthersCan::Read,
        _ => OthersCan::Nothing,
    }
}

/// See [`others_can`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OthersCan {
    Nothing,
    Read,
    Write,
}

/// Says what is wrong with a library's file and the folders above it, if anybody but this user
/// and root could change or replace it.
///
/// A folder with the sticky bit (`/tmp`) lets nobody replace what belongs to somebody else; a
/// group may write when it is the user's own and so has no other member.
#[cfg(feature = "dynamic")]
pub(crate) fn unsafe_ancestor(file: &Path) -> io::Result<Option<String>> {
    let user = rustix::process::geteuid().as_raw();
    let own_group = rustix::process::getegid().as_raw();
    let mut is_file = true;
    for path in file.ancestors() {
        let metadata = fs::symlink_metadata(path)?;
        let (owner, mode) = (metadata.uid(), metadata.mode());
        let what = if is_file { "file" } else { "folder" };
        if owner != user && owner != 0 {
            return Ok(Some(format!("{what} {} belongs to user {owner}", path.display())));
        }
        let sticky = !is_file && mode & 0o1000 != 0;
        if mode & 0o002 != 0 && !sticky {
            return Ok(Some(format!("{what} {} is writable by everyone", path.display())));
        }
        let private_group = user != 0 && metadata.gid() == own_group && own_group == user;
        if mode & 0o020 != 0 && !sticky && !private_group {
            return Ok(Some(format!("{what} {} is writable by its group", path.display())));
        }
        is_file = false;
    }
    Ok(None)
}

/// Opens a file for reading without waiting for the other end of a pipe.
pub(crate) fn open_without_blocking(path: &Path) -> io::Result<File> {
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::CLOEXEC;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

/// The same, and a symbolic link is an error.
pub(crate) fn open_without_following(path: &Path) -> io::Result<File> {
    use rustix::fs::OFlags;
    let flags = OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    OpenOptions::new().read(true).custom_flags(flags.bits() as i32).open(path)
}

/// Makes a folder and those above it, for this user alone.
pub(crate) fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Makes a folder and those above it, for programs: others may read it, and not write.
#[cfg(feature = "dynamic")]
pub(crate) fn create_program_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path)
}

/// Gives a new file the mode of the one it replaces, or the usual one.
pub(crate) fn copy_mode(from: Option<&Metadata>, to: &File) -> io::Result<()> {
    let mode = from.map_or(0o644, |metadata| metadata.mode() & 0o7777);
    to.set_permissions(fs::Permissions::from_mode(mode))
}

/// Makes a rename in the folder durable.
pub(crate) fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

/// Opens what is locked while files in the folder change: the folder itself. A lock on the file
/// would stay with the old one when it is replaced.
pub(crate) fn open_lock(folder: &Path) -> io::Result<File> {
    File::open(folder)
}

/// Replaces this process by the command. Returns only if that failed.
pub(crate) fn replace_process(command: &mut Command) -> io::Result<i32> {
    Err(command.exec())
}

/// Keeps this process's memory out of core dumps, and out of the reach of other processes of the
/// same user. A program that replaces this one starts with the usual setting.
pub(crate) fn protect_memory() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _best_effort = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// The user's shell, when `SHELL` does not say.
pub(crate) fn default_shell() -> PathBuf {
    PathBuf::from("/bin/sh")
}
