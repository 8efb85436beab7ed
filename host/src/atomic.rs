//! Replacing a file so that a reader, or a crash at any moment, sees the old one or the new one.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::Path,
    time::{Duration, Instant},
};

use tempfile::NamedTempFile;

use crate::{
    error::{Error, ErrorKind, Result},
    platform,
};

const TEMPORARY_PREFIX: &str = ".dugout-";
const TEMPORARY_SUFFIX: &str = ".tmp";

/// How long to wait for another process that writes in the same folder.
const LOCK_PATIENCE: Duration = Duration::from_secs(30);

/// An exclusive lock on the files of a folder, held until it is dropped. The kernel releases it
/// when a process dies.
#[derive(Debug)]
pub(crate) struct FolderLock {
    _file: File,
}

impl FolderLock {
    /// Waits for the lock.
    ///
    /// # Errors
    /// [`ErrorKind::Locked`] after 30 seconds.
    pub(crate) fn acquire(folder: &Path) -> Result<Self> {
        let file = platform::open_lock(folder).map_err(|error| Error::io("lock", folder, error))?;
        let deadline = Instant::now() + LOCK_PATIENCE;
        let mut pause = Duration::from_millis(1);
        loop {
            match file.try_lock() {
                Ok(()) => break,
                Err(TryLockError::Error(error)) => return Err(Error::io("lock", folder, error)),
                Err(TryLockError::WouldBlock) if Instant::now() > deadline => {
                    let line = format!("another process holds the lock on {}", folder.display());
                    return Err(Error::new(ErrorKind::Locked, line));
                }
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(pause);
                    pause = (pause * 2).min(Duration::from_millis(50));
                }
            }
        }
        Ok(Self { _file: file })
    }

    /// Replaces a file of the folder, or makes it.
    pub(crate) fn replace(&self, file: &Path, content: &[u8], mode: Mode) -> Result<()> {
        let folder = file.parent().unwrap_or(Path::new("."));
        sweep(folder);
        write_and_rename(folder, file, content, mode)
            .map_err(|error| Error::io("write", file, error))
    }
}

/// The mode that a written file gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// That of the file before it; a new one is readable by everyone, as usual in a repository.
    Usual,
    /// Readable by its owner alone.
    Private,
}

fn write_and_rename(folder: &Path, file: &Path, content: &[u8], mode: Mode) -> io::Result<()> {
    // Made with mode 0600.
    let mut temporary = tempfile::Builder::new()
        .prefix(TEMPORARY_PREFIX)
        .suffix(TEMPORARY_SUFFIX)
        .tempfile_in(folder)?;
    temporary.write_all(content)?;
    // The mode of a private file is never taken from the one before it.
    if mode == Mode::Usual {
        platform::copy_mode(fs::metadata(file).ok().as_ref(), temporary.as_file())?;
    }
    temporary.as_file().sync_all()?;
    persist(temporary, file)?;
    platform::sync_dir(folder)
}

fn persist(temporary: NamedTempFile, file: &Path) -> io::Result<()> {
    temporary.persist(file).map(drop).map_err(|error| error.error)
}

/// Removes what a killed writer has left behind. The lock is held, so nobody is using it.
fn sweep(folder: &Path) {
    let Ok(entries) = folder.read_dir() else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.starts_with(TEMPORARY_PREFIX) && name.ends_with(TEMPORARY_SUFFIX) {
            let _best_effort = fs::remove_file(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_and_left_overs_are_swept() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x");
        fs::write(folder.path().join(".dugout-abc.tmp"), "left over").unwrap();
        let lock = FolderLock::acquire(folder.path()).unwrap();
        lock.replace(&file, b"one", Mode::Usual).unwrap();
        lock.replace(&file, b"two", Mode::Usual).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(folder.path().read_dir().unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn the_mode_is_kept() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let mode_of = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let lock = FolderLock::acquire(folder.path()).unwrap();
        let file = folder.path().join("x");
        lock.replace(&file, b"one", Mode::Private).unwrap();
        assert_eq!(mode_of(&file), 0o600);
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        lock.replace(&file, b"two", Mode::Usual).unwrap();
        assert_eq!(mode_of(&file), 0o640);
        lock.replace(&file, b"three", Mode::Private).unwrap();
        assert_eq!(mode_of(&file), 0o600);
    }
}
