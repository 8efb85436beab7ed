//! Private keys.

use std::{
    fmt,
    io::{BufRead, Cursor},
    sync::OnceLock,
};

use age::secrecy::ExposeSecret;
use zeroize::Zeroizing;

use super::{Callbacks, ProgramPolicy, Recipient, RecipientKind};
use crate::error::{Error, ErrorKind, Result, plain};

/// A private key that can read what was encrypted to its public key.
pub struct Identity {
    form: Form,
    public: Option<String>,
}

enum Form {
    X25519(age::x25519::Identity),
    // Unlocked at its first use, so that a passphrase is asked for once.
    Ssh { locked: Box<age::ssh::Identity>, unlocked: OnceLock<Option<Box<age::ssh::Identity>>> },
    Plugin(age::plugin::Identity),
}

impl Identity {
    /// Makes a new X25519 identity.
    pub fn generate() -> Self {
        Self::from_x25519(age::x25519::Identity::generate())
    }

    fn from_x25519(identity: age::x25519::Identity) -> Self {
        let public = Some(identity.to_public().to_string());
        Self { form: Form::X25519(identity), public }
    }

    /// The public key, as it stands in `[recipients]`; an identity of an age plugin has none that
    /// can be told without running the plugin.
    pub fn public_key(&self) -> Option<&str> {
        self.public.as_deref()
    }

    /// The text of an identity file as `age-keygen` writes it: two comments and the key. Only for
    /// X25519 identities.
    pub fn to_file_text(&self) -> Option<Zeroizing<String>> {
        let Form::X25519(identity) = &self.form else { return None };
        let key = identity.to_string();
        let public = self.public_key().unwrap_or_default();
        let mut text = Zeroizing::new(String::with_capacity(256));
        text.push_str("# dugout identity\n# public key: ");
        text.push_str(public);
        text.push('\n');
        text.push_str(key.expose_secret());
        text.push('\n');
        Some(text)
    }

    /// The key's own text, `AGE-SECRET-KEY-1…`. Only for X25519 identities.
    pub fn to_secret_text(&self) -> Option<Zeroizing<String>> {
        let Form::X25519(identity) = &self.form else { return None };
        let key = identity.to_string();
        let mut text = Zeroizing::new(String::with_capacity(key.expose_secret().len()));
        text.push_str(key.expose_secret());
        Some(text)
    }

    /// Whether one of the recipients is this identity's own public key.
    pub(crate) fn is_among(&self, recipients: &[Recipient]) -> Listed {
        if recipients.iter().any(|recipient| self.owns(recipient)) {
            return Listed::Yes;
        }
        let Form::Plugin(identity) = &self.form else { return Listed::No };
        let is_possible = |recipient: &Recipient| {
            recipient.plugin() == Some(identity.plugin()) || recipient.kind() == RecipientKind::Tag
        };
        if recipients.iter().any(is_possible) { Listed::Perhaps } else { Listed::No }
    }

    fn owns(&self, recipient: &Recipient) -> bool {
        // The comment at the end of an SSH public key does not count.
        let key = |text: &str| text.split(' ').take(2).map(str::to_owned).collect::<Vec<_>>();
        match &self.form {
            Form::X25519(_) => self.public_key() == Some(recipient.as_str()),
            Form::Ssh { .. } => {
                self.public_key().is_some_and(|public| key(public) == key(recipient.as_str()))
            }
            Form::Plugin(_) => false,
        }
    }

    /// Whether somebody may have to type or touch something for each value.
    pub(crate) fn is_served_by_plugin(&self) -> bool {
        matches!(self.form, Form::Plugin(_))
    }

    /// Where this identity's stanza stands among the X25519 stanzas, given the recipients in the
    /// order of their stanzas. For other kinds a stanza says itself whom it is for.
    pub(crate) fn stanza_index(&self, recipients: &[Recipient]) -> Option<usize> {
        let mut native =
            recipients.iter().filter(|recipient| recipient.kind() == RecipientKind::X25519);
        native.position(|recipient| self.owns(recipient))
    }

    /// What the age crate decrypts with, or why there is nothing.
    pub(super) fn prepare(
        &self,
        policy: &ProgramPolicy,
        callbacks: &Callbacks,
    ) -> Result<Prepared<'_>> {
        Ok(match &self.form {
            Form::X25519(identity) => Prepared::Borrowed(identity),
            Form::Ssh { locked, unlocked } => {
                let key = unlocked.get_or_init(|| unlock(locked, callbacks));
                match key {
                    Some(key) => Prepared::Borrowed(&**key),
                    None => {
                        return Err(Error::new(
                            ErrorKind::InvalidIdentity,
                            "the SSH key could not be unlocked",
                        ));
                    }
                }
            }
            Form::Plugin(identity) => {
                policy.check_identity(identity.plugin())?;
                let plugin = age::plugin::IdentityPluginV1::new(
                    identity.plugin(),
                    std::slice::from_ref(identity),
                    callbacks.clone(),
                )
                .map_err(|error| {
                    Error::new(ErrorKind::InvalidIdentity, plain(&error.to_string()))
                })?;
                Prepared::Owned(Box::new(plugin))
            }
        })
    }
}

/// Whether a vault lists an identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listed {
    /// Its public key is a recipient.
    Yes,
    /// A recipient is of the same age plugin, which alone knows whether it is this one.
    Perhaps,
    /// It is not.
    No,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity({})", self.public.as_deref().unwrap_or("plugin"))
    }
}

/// An identity in the age crate's terms.
pub(super) enum Prepared<'a> {
    Borrowed(&'a dyn age::Identity),
    Owned(Box<dyn age::Identity>),
}

impl Prepared<'_> {
    pub(super) fn as_age(&self) -> &dyn age::Identity {
        match self {
            Self::Borrowed(identity) => *identity,
            Self::Owned(identity) => &**identity,
        }
    }
}

fn unlock(key: &age::ssh::Identity, callbacks: &Callbacks) -> Option<Box<age::ssh::Identity>> {
    match key {
        age::ssh::Identity::Unencrypted(_) => Some(Box::new(key.clone())),
        age::ssh::Identity::Encrypted(encrypted) => {
            use age::Callbacks as _;
            let passphrase = callbacks.request_passphrase("Passphrase of the SSH key")?;
            encrypted.decrypt(passphrase).ok().map(|key| Box::new(key.into()))
        }
        age::ssh::Identity::Unsupported(_) => None,
    }
}

/// Reads the identities in a text: lines of `AGE-SECRET-KEY-1…` or `AGE-PLUGIN-…` with comments
/// between them, as `age-keygen` writes it, or one SSH private key.
///
/// The errors name a line, and never quote it.
pub(crate) fn parse_identities(text: &str, origin: &str) -> Result<Vec<Identity>> {
    let invalid = |what: String| Error::new(ErrorKind::InvalidIdentity, format!("{origin} {what}"));
    if text.trim_start().starts_with("-----BEGIN") {
        let input = Cursor::new(text.trim_start().as_bytes());
        return match read_ssh(input) {
            Some(identity) => Ok(vec![identity]),
            None => Err(invalid("holds a private key of a form that is not supported".into())),
        };
    }
    let mut identities = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Ok(identity) = line.parse::<age::x25519::Identity>() {
            identities.push(Identity::from_x25519(identity));
        } else if let Ok(identity) = line.parse::<age::plugin::Identity>() {
            identities.push(Identity { form: Form::Plugin(identity), public: None });
        } else {
            let expected = "is not an identity (expected AGE-SECRET-KEY-1…)";
            return Err(invalid(match text.lines().count() {
                1 => expected.to_owned(),
                _ => format!("line {} {expected}", index + 1),
            }));
        }
    }
    if identities.is_empty() {
        return Err(invalid("holds no identity (expected AGE-SECRET-KEY-1…)".into()));
    }
    Ok(identities)
}

fn read_ssh(input: impl BufRead) -> Option<Identity> {
    let key = age::ssh::Identity::from_buffer(input, None).ok()?;
    let public = age::ssh::Recipient::try_from(key.clone()).ok()?.to_string();
    let form = Form::Ssh { locked: Box::new(key), unlocked: OnceLock::new() };
    Some(Identity { form, public: Some(public) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_age_keygen_is_read() {
        let identity = Identity::generate();
        let text = identity.to_file_text().unwrap();
        let read = parse_identities(&text, "file").unwrap();
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].public_key(), identity.public_key());
    }

    #[test]
    fn a_broken_line_is_named_and_not_quoted() {
        let error =
            parse_identities("# fine\n\nAGE-SECRET-KEY-1NONSENSE\n", "key.txt").unwrap_err();
        assert_eq!(
            error.to_string(),
            "key.txt line 3 is not an identity (expected AGE-SECRET-KEY-1…)"
        );
        assert!(parse_identities("", "key.txt").unwrap_err().to_string().contains("no identity"));
    }

    #[test]
    fn the_own_stanza_is_counted_among_its_kind() {
        let (a, b) = (Identity::generate(), Identity::generate());
        let ssh =
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN";
        let recipients: Vec<Recipient> = [a.public_key().unwrap(), ssh, b.public_key().unwrap()]
            .map(|key| key.parse().unwrap())
            .into();
        assert_eq!(a.stanza_index(&recipients), Some(0));
        assert_eq!(b.stanza_index(&recipients), Some(1));
        assert_eq!(Identity::generate().stanza_index(&recipients), None);
    }
}
