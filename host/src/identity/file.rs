//! Reading a private key's file.

use std::{
    fs::File,
    io::{
        ErrorKind::{NotADirectory, NotFound},
        Read,
    },
    path::Path,
};

use zeroize::Zeroizing;

use crate::{
    error::{Error, ErrorKind, Result},
    platform::{self, OthersCan},
};

/// An identity file is a few lines.
const MAX_LEN: usize = 64 * 1024;

/// How strictly a file's mode is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strictness {
    /// In the user's dugout folder: nobody else may even read it.
    Private,
    /// Named by the user: read-only mounts with mode 0444 are common, so only a file that others
    /// can write is refused.
    Mounted,
}

/// Reads a file's text. A pipe, as in `DUGOUT_IDENTITY_FILE=<(…)`, is fine.
///
/// # Errors
/// [`ErrorKind::InvalidIdentity`], for a mode with the command that mends it. A file that is not
/// there is `None`.
pub(super) fn read(path: &Path, strictness: Strictness) -> Result<Option<Zeroizing<String>>> {
    let invalid = |what: String| {
        Error::new(ErrorKind::InvalidIdentity, format!("identity file {}{what}", path.display()))
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        // A stray file among the folders of keys is no key.
        Err(error) if matches!(error.kind(), NotFound | NotADirectory) => return Ok(None),
        Err(error) => return Err(invalid(format!(" cannot be read: {error}"))),
    };
    let metadata = file.metadata().map_err(|error| invalid(format!(": {error}")))?;
    if metadata.is_dir() {
        return Err(invalid(" is a folder".to_owned()));
    }
    if metadata.is_file() {
        let mend = format!("chmod 600 {}", path.display());
        match (platform::others_can(&metadata), strictness) {
            (OthersCan::Write, _) => {
                return Err(invalid(format!(" can be changed by other users; run: {mend}")));
            }
            (OthersCan::Read, Strictness::Private) => {
                return Err(invalid(format!(" can be read by other users; run: {mend}")));
            }
            (OthersCan::Read, Strictness::Mounted) => {
                tracing::warn!("identity file {} can be read by other users", path.display());
            }
            (OthersCan::Nothing, _) => {}
        }
    }
    // Room for all of it from the start: growing would leave copies behind. A pipe tells no size.
    let len = if metadata.is_file() { metadata.len() as usize } else { MAX_LEN };
    let mut bytes = Zeroizing::new(Vec::with_capacity(len.min(MAX_LEN) + 1));
    file.by_ref()
        .take(MAX_LEN as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| invalid(format!(" cannot be read: {error}")))?;
    if bytes.len() > MAX_LEN {
        return Err(invalid(" is too large to be one".to_owned()));
    }
    match std::str::from_utf8(&bytes) {
        Ok(text) => Ok(Some(Zeroizing::new(text.to_owned()))),
        Err(_) => Err(invalid(" is not text".to_owned())),
    }
}
