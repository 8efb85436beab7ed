//! What can go wrong, in a form that programs can match on and people can read.

use std::{error::Error as StdError, fmt, io, path::Path};

use dugout_plugin_api::PluginError;

/// The result of the host's calls.
pub type Result<T> = std::result::Result<T, Error>;

/// The cause of an [`Error`]. An embedder picks its advice and its exit status by this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No vault from here up to the repository's root.
    NoVault,
    /// Several vaults, and none was named.
    SeveralVaults,
    /// A vault of that name exists already.
    VaultExists,
    /// The vault's text is not what a vault looks like.
    MalformedVault,
    /// The vault, or the project, belongs to another user of this machine.
    ForeignVault,
    /// Another process holds the vault's lock.
    Locked,
    /// The vault has no recipients.
    NoRecipients,
    /// A recipient is of a form that is not known, or may not be used.
    InvalidRecipient,
    /// No such secret.
    NoSecret,
    /// A secret of that name exists already.
    SecretExists,
    /// Not a name that a secret can have.
    InvalidName,
    /// Not a name that a vault or a member can have.
    InvalidLabel,
    /// A name that would make a program run other code.
    DangerousName,
    /// A value that cannot be stored.
    InvalidValue,
    /// A value that cannot be put into an environment.
    NotInjectable,
    /// No identity of one's own was found at all.
    NoIdentity,
    /// An identity exists already.
    IdentityExists,
    /// An identity is malformed, or its file is unsafe or unreadable.
    InvalidIdentity,
    /// None of the identities at hand may read the vault.
    AccessDenied,
    /// A ciphertext is damaged.
    Damaged,
    /// The user's own configuration is malformed.
    InvalidSettings,
    /// No plugin of that name, or none for the purpose.
    NoPlugin,
    /// A plugin was not loaded, because something about it is wrong.
    PluginRefused,
    /// A plugin answered a call with an error.
    PluginFailed,
    /// No project was recognised.
    NoProject,
    /// Several projects were recognised, and none stands out.
    AmbiguousProject,
    /// A program is not there.
    ProgramNotFound,
    /// A program is there and cannot be executed.
    ProgramNotExecutable,
    /// Reading or writing failed.
    Io,
}

/// Why a call failed: one lower-case line, without advice and without secrets.
pub struct Error {
    kind: ErrorKind,
    context: String,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error of a kind, with one line that names what it is about.
    pub fn new(kind: ErrorKind, context: impl Into<String>) -> Self {
        Self { kind, context: context.into(), source: None }
    }

    /// Adds the error underneath; its text becomes part of the line.
    #[must_use]
    pub fn with_source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    pub(crate) fn io(doing: &str, path: &Path, source: io::Error) -> Self {
        Self::new(ErrorKind::Io, format!("cannot {doing} {}", path.display())).with_source(source)
    }

    /// The cause.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// What a plugin said, if this is about a plugin's call: its code, and whether trying again
    /// may help.
    pub fn plugin_error(&self) -> Option<&PluginError> {
        self.source.as_deref()?.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = self.context.clone();
        if let Some(source) = &self.source {
            line = format!("{line}: {source}");
        }
        f.write_str(&one_line(&line))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("kind", &self.kind).field("line", &self.to_string()).finish()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// Makes text from a file or a plugin harmless for a terminal: control characters are escaped, and
/// the line stays one.
pub fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_control() || is_invisible(character) {
            line.extend(character.escape_unicode());
        } else {
            line.push(character);
        }
    }
    line
}

/// The first line of a message of the age crate, without the marks that its translations put
/// around what they insert.
pub(crate) fn plain(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    one_line(&line.replace(['\u{2068}', '\u{2069}'], ""))
}

/// Characters that reorder or hide their neighbours (Unicode "bidi" and zero-width controls).
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_harmless_line() {
        let error = Error::new(ErrorKind::Io, "bad \u{1b}[31mred\nline \u{202e}txt");
        assert_eq!(error.to_string(), r"bad \u{1b}[31mred\u{a}line \u{202e}txt");
    }

    #[test]
    fn the_error_underneath_is_said() {
        let source = io::Error::new(io::ErrorKind::NotFound, "gone");
        let error = Error::io("read", Path::new("/x"), source);
        assert_eq!(error.to_string(), "cannot read /x: gone");
        assert!(error.source().is_some());
    }
}
