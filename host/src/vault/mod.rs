//! Vaults: finding, reading and changing them.

mod document;
mod envelope;
mod file;
mod fingerprint;
mod location;
mod name;

use std::{fmt, num::NonZero, path::Path, sync::OnceLock, thread};

use zeroize::Zeroizing;

#[cfg(feature = "dynamic")]
pub(crate) use fingerprint::hex;
pub use location::{Selection, VaultLocation};
pub(crate) use location::{find, folders_to_search, repository_of};
pub use name::{VaultName, check_member_name, check_secret_name, is_dangerous};

use crate::{
    Host,
    age::{self, ProgramPolicy, Recipient, RecipientKind},
    atomic::{FolderLock, Mode},
    error::{Error, ErrorKind, Result},
    identity::{self, FoundIdentity},
    platform,
};
use document::{Document, Table};
use envelope::Stored;

/// A decrypted value. Its memory is wiped when it is dropped, and `Debug` does not show it.
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// The value's bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// The value as text, if it is UTF-8.
    pub fn as_str(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// How [`Vault::set`] treats what it could refuse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SetOptions {
    /// Replace a secret of that name.
    pub replace: bool,
    /// Store an empty value.
    pub allow_empty: bool,
    /// Accept a name that [`is_dangerous`].
    pub allow_dangerous_name: bool,
}

/// What a change of a vault brings with it that the user should know.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Notice {
    /// The vault has a key service, and this value was encrypted to the team alone: servers
    /// cannot read it.
    NotForServers {
        /// The secret.
        name: String,
    },
    /// dugout 0.1 cannot read what is encrypted to this member's kind of key.
    NotForOldVersions {
        /// The member.
        member: String,
    },
}

/// A vault that was read at one moment. Changes take the lock, read it again and write it whole.
pub struct Vault {
    host: Host,
    location: VaultLocation,
    document: Document,
    reader: OnceLock<Reader>,
}

/// Who reads, and what it takes to find the own stanza at once.
struct Reader {
    found: FoundIdentity,
    stanza_index: Option<usize>,
}

impl Vault {
    pub(crate) fn open(host: Host, location: VaultLocation) -> Result<Self> {
        let document = file::read(&location, host.trust())?;
        tracing::debug!(file = %location.file().display(), "vault read");
        Ok(Self { host, location, document, reader: OnceLock::new() })
    }

    pub(crate) fn init(
        host: Host,
        folder: &Path,
        name: VaultName,
        member: &str,
        recipient: &Recipient,
    ) -> Result<Self> {
        check_member_name(member)?;
        let folder = folder.canonicalize().map_err(|error| Error::io("open", folder, error))?;
        let repository = repository_of(&folder, host.trust());
        let location = VaultLocation { folder, name, repository };
        let file = location.file();
        let lock = FolderLock::acquire(&location.folder)?;
        if file.symlink_metadata().is_ok() {
            let line = format!("{} exists already", file.display());
            return Err(Error::new(ErrorKind::VaultExists, line));
        }
        let key = recipient.as_str();
        let hash = fingerprint::of([key]);
        let text = Document::compose(env!("CARGO_PKG_VERSION"), &hash, &[(member, key)]);
        let document = Document::parse(text)?;
        lock.replace(&file, document.text().as_bytes(), Mode::Usual)?;
        Ok(Self { host, location, document, reader: OnceLock::new() })
    }

    /// Where the vault is.
    pub fn location(&self) -> &VaultLocation {
        &self.location
    }

    /// The names of the secrets, sorted. No key is needed to see them.
    pub fn secret_names(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.document.entries(Table::Secrets).map(|(name, _)| name).collect();
        names.sort_unstable();
        names
    }

    /// Whether there is a secret of that name.
    pub fn contains(&self, name: &str) -> bool {
        self.document.value(Table::Secrets, name).is_some()
    }

    /// Members and their public keys as the file has them, sorted by name.
    pub fn members(&self) -> Vec<(&str, &str)> {
        let mut members: Vec<(&str, &str)> = self.document.entries(Table::Recipients).collect();
        members.sort_unstable();
        members
    }

    /// Whether the fingerprint of the recipients is the one that the file states.
    pub fn recipients_match_fingerprint(&self) -> bool {
        let keys = self.document.entries(Table::Recipients).map(|(_, key)| key);
        self.document.recipients_hash() == Some(fingerprint::of(keys).as_str())
    }

    /// Whose identity opens the vault.
    ///
    /// # Errors
    /// [`ErrorKind::NoIdentity`], [`ErrorKind::InvalidIdentity`] or [`ErrorKind::AccessDenied`].
    pub fn reader(&self) -> Result<&FoundIdentity> {
        self.find_reader().map(|reader| &reader.found)
    }

    /// Decrypts one value.
    ///
    /// # Errors
    /// [`ErrorKind::NoSecret`], those of [`reader`](Self::reader), and [`ErrorKind::Damaged`].
    pub fn get(&self, name: &str) -> Result<Secret> {
        let value =
            self.document.value(Table::Secrets, name).ok_or_else(|| self.no_secret(name))?;
        self.decrypt(name, value)
    }

    /// Decrypts all values, sorted by name, on all cores.
    ///
    /// # Errors
    /// As [`get`](Self::get), for the first one that fails.
    pub fn decrypt_all(&self) -> Result<Vec<(String, Secret)>> {
        let mut entries: Vec<(&str, &str)> = self.document.entries(Table::Secrets).collect();
        entries.sort_unstable();
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        // Found once, before the threads would each look for it.
        let reader = self.find_reader()?;
        let decrypt = |entries: &[(&str, &str)]| -> Result<Vec<(String, Secret)>> {
            let one = |(name, value): &(&str, &str)| {
                self.decrypt(name, value).map(|secret| ((*name).to_owned(), secret))
            };
            entries.iter().map(one).collect()
        };
        // A thread costs about as much as one value.
        let threads =
            thread::available_parallelism().map_or(1, NonZero::get).min(entries.len() / 8);
        if threads < 2 || reader.found.identity.is_served_by_plugin() {
            return decrypt(&entries);
        }
        let results: Vec<Result<Vec<(String, Secret)>>> = thread::scope(|scope| {
            let chunks = entries.chunks(entries.len().div_ceil(threads));
            let workers: Vec<_> = chunks.map(|chunk| scope.spawn(|| decrypt(chunk))).collect();
            let join = |worker: thread::ScopedJoinHandle<'_, _>| match worker.join() {
                Ok(result) => result,
                Err(panic) => std::panic::resume_unwind(panic),
            };
            workers.into_iter().map(join).collect()
        });
        let mut all = Vec::with_capacity(entries.len());
        for result in results {
            all.extend(result?);
        }
        Ok(all)
    }

    /// Encrypts a value to all recipients and stores it. Bytes of any kind are fine.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidName`], [`ErrorKind::DangerousName`], [`ErrorKind::InvalidValue`],
    /// [`ErrorKind::SecretExists`], [`ErrorKind::NoRecipients`], [`ErrorKind::InvalidRecipient`],
    /// those of [`reader`](Self::reader), and those of reading and writing the file. The vault is
    /// as it was before.
    pub fn set(&mut self, name: &str, value: &[u8], options: SetOptions) -> Result<Vec<Notice>> {
        check_secret_name(name)?;
        if is_dangerous(name) && !options.allow_dangerous_name {
            let line = format!("{name} makes programs run other code and is not stored");
            return Err(Error::new(ErrorKind::DangerousName, line));
        }
        check_value(name, value, options.allow_empty)?;
        self.find_reader()?;
        let mut notices = Vec::new();
        self.change(|vault| {
            if vault.contains(name) && !options.replace {
                let line = format!("secret already exists: {name}");
                return Err(Error::new(ErrorKind::SecretExists, line));
            }
            let recipients = vault.recipients()?;
            let policy = vault.program_policy();
            let keys: Vec<Recipient> = recipients.iter().map(|(_, key)| key.clone()).collect();
            let armored = age::encrypt(value, &keys, &policy, vault.host.callbacks())?;
            notices = vault.notices(name, &recipients);
            vault.document.with(Table::Secrets, name, &armored)
        })?;
        Ok(notices)
    }

    /// Removes a secret.
    ///
    /// # Errors
    /// [`ErrorKind::NoSecret`], those of [`reader`](Self::reader), and those of reading and
    /// writing the file.
    pub fn remove(&mut self, name: &str) -> Result<()> {
        self.find_reader()?;
        self.change(|vault| {
            if !vault.contains(name) {
                return Err(vault.no_secret(name));
            }
            vault.document.without(Table::Secrets, name)
        })
    }

    /// Locks, reads again, changes, writes.
    fn change(&mut self, change: impl FnOnce(&Self) -> Result<Document>) -> Result<()> {
        let lock = FolderLock::acquire(self.location.folder())?;
        self.document = file::read(&self.location, self.host.trust())?;
        let document = change(self)?;
        lock.replace(&self.location.file(), document.text().as_bytes(), Mode::Usual)?;
        self.document = document;
        Ok(())
    }

    /// The recipients in the order of their stanzas: by member name.
    fn recipients(&self) -> Result<Vec<(String, Recipient)>> {
        let members = self.members();
        if members.is_empty() {
            let line = format!("{} has no recipients", self.location.file().display());
            return Err(Error::new(ErrorKind::NoRecipients, line));
        }
        let parse = |(name, key): (&str, &str)| match key.parse() {
            Ok(recipient) => Ok((name.to_owned(), recipient)),
            Err(error) => {
                Err(Error::new(ErrorKind::InvalidRecipient, format!("recipient {name}: {error}")))
            }
        };
        members.into_iter().map(parse).collect()
    }

    fn find_reader(&self) -> Result<&Reader> {
        if let Some(reader) = self.reader.get() {
            return Ok(reader);
        }
        // A recipient of a kind that this version does not know is no reason not to read.
        let recipients: Vec<Recipient> =
            self.members().iter().filter_map(|(_, key)| key.parse().ok()).collect();
        let project = self.location.folder().file_name().and_then(|name| name.to_str());
        let found = identity::listed_among(&recipients, self.host.environment(), project)?;
        let stanza_index = found.identity.stanza_index(&recipients);
        Ok(self.reader.get_or_init(|| Reader { found, stanza_index }))
    }

    fn decrypt(&self, name: &str, value: &str) -> Result<Secret> {
        let in_secret = |error: Error| Error::new(error.kind(), format!("{name}: {error}"));
        let stored = Stored::parse(value).map_err(in_secret)?;
        let reader = self.find_reader().map_err(|error| match stored.provider() {
            Some(provider) => Error::new(
                error.kind(),
                format!("{error} (the key service {provider:?} was not asked)"),
            ),
            None => error,
        })?;
        age::decrypt(
            stored.age(),
            &reader.found.identity,
            reader.stanza_index,
            &self.program_policy(),
            self.host.callbacks(),
        )
        .map(Secret)
        .map_err(in_secret)
    }

    fn program_policy(&self) -> ProgramPolicy {
        ProgramPolicy {
            allowed: self.host.settings().age.plugins.clone(),
            path: self.host.environment().path.clone(),
            forbidden: self.location.top().to_owned(),
        }
    }

    fn notices(&self, name: &str, recipients: &[(String, Recipient)]) -> Vec<Notice> {
        let mut notices = Vec::new();
        let before = self.document.value(Table::Secrets, name).and_then(|v| Stored::parse(v).ok());
        let was_for_servers = before.is_some_and(|stored| stored.provider().is_some());
        if self.document.kms_key().is_some() || was_for_servers {
            notices.push(Notice::NotForServers { name: name.to_owned() });
        }
        let is_new = |(_, key): &&(String, Recipient)| key.kind() != RecipientKind::X25519;
        if let Some((member, _)) = recipients.iter().find(is_new) {
            notices.push(Notice::NotForOldVersions { member: member.clone() });
        }
        notices
    }

    fn no_secret(&self, name: &str) -> Error {
        let similar = self
            .secret_names()
            .into_iter()
            .map(|other| (strsim::jaro_winkler(&name.to_ascii_uppercase(), other), other))
            .filter(|(similarity, _)| *similarity > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        let line = match similar {
            Some((_, other)) => format!("secret not found: {name} (did you mean {other}?)"),
            None => format!("secret not found: {name}"),
        };
        Error::new(ErrorKind::NoSecret, line)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("file", &self.location.file()).finish_non_exhaustive()
    }
}

fn check_value(name: &str, value: &[u8], allow_empty: bool) -> Result<()> {
    let invalid = |why: String| Err(Error::new(ErrorKind::InvalidValue, why));
    if value.is_empty() && !allow_empty {
        return invalid(format!("empty value is not allowed for {name}"));
    }
    let limit = platform::MAX_VARIABLE_LEN.saturating_sub(name.len() + 1);
    if value.len() > limit {
        return invalid(format!(
            "value of {name} is {} bytes, and a variable of that name can have {limit}",
            value.len()
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
