//! A vault's file: reading it with care.

use std::io::{self, Read};

use super::{document::Document, location::VaultLocation};
use crate::{
    error::{Error, ErrorKind, Result},
    platform,
    settings::Trust,
};

/// The largest vault that is read: 300 values for 200 members are 10 MB.
const MAX_VAULT_LEN: u64 = 64 * 1024 * 1024;

/// Reads and parses a vault.
///
/// # Errors
/// [`ErrorKind::NoVault`], [`ErrorKind::ForeignVault`] for a file of another user, and
/// [`ErrorKind::MalformedVault`] for a link, a folder, a pipe, a file that is too large or not
/// text, and whatever [`Document::parse`] does not like.
pub(crate) fn read(location: &VaultLocation, trust: &Trust) -> Result<Document> {
    let path = location.file();
    let refuse = |kind, what: &str| Err(Error::new(kind, format!("{} {what}", path.display())));
    // Opened once, and everything is asked of what was opened.
    let mut file = match platform::open_without_following(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return refuse(ErrorKind::NoVault, "does not exist");
        }
        Err(_) if path.is_symlink() => {
            return refuse(ErrorKind::MalformedVault, "is a symbolic link; a vault must be a file");
        }
        Err(error) => return Err(Error::io("read", &path, error)),
    };
    let metadata = file.metadata().map_err(|error| Error::io("read", &path, error))?;
    if !metadata.is_file() {
        return refuse(ErrorKind::MalformedVault, "is not a regular file");
    }
    if !platform::is_ours(&metadata) && !trust.covers(location.folder()) {
        return refuse(ErrorKind::ForeignVault, "belongs to another user");
    }
    let mut bytes = Vec::with_capacity(metadata.len().min(MAX_VAULT_LEN) as usize + 1);
    if metadata.len() <= MAX_VAULT_LEN {
        let limited = file.by_ref().take(MAX_VAULT_LEN + 1).read_to_end(&mut bytes);
        limited.map_err(|error| Error::io("read", &path, error))?;
    }
    let len = metadata.len().max(bytes.len() as u64);
    if len > MAX_VAULT_LEN {
        let what = format!("is {} MB large; a vault may have 64 MiB", len / 1_000_000);
        return refuse(ErrorKind::MalformedVault, &what);
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
            return refuse(ErrorKind::MalformedVault, &format!("line {line}: not UTF-8 text"));
        }
    };
    Document::parse(text)
        .map_err(|error| Error::new(error.kind(), format!("{}: {error}", path.display())))
}
