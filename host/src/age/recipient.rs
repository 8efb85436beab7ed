//! Who a value is encrypted to.

use std::{fmt, str::FromStr};

use super::{Callbacks, ProgramPolicy};
use crate::error::{Error, ErrorKind, Result, plain};

/// How much of a malformed key is quoted: an age key's length.
const MAX_SHOWN: usize = 62;

/// A public key that stands in `[recipients]`.
#[derive(Clone)]
pub struct Recipient {
    text: String,
    form: Form,
}

#[derive(Clone)]
enum Form {
    X25519(age::x25519::Recipient),
    Tag(Box<age::tag::Recipient>),
    TagPq(Box<age::tagpq::Recipient>),
    Ssh(Box<age::ssh::Recipient>),
    Plugin(age::plugin::Recipient),
}

/// The forms that a recipient can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecipientKind {
    /// `age1…`, the native kind; the only one that dugout 0.1 can read.
    X25519,
    /// `age1tag1…` and `age1tagpq1…`: keys in hardware.
    Tag,
    /// `ssh-ed25519 …` and `ssh-rsa …`.
    Ssh,
    /// `age1NAME1…`, served by the program `age-plugin-NAME`.
    Plugin,
}

impl Recipient {
    /// The key's form.
    pub fn kind(&self) -> RecipientKind {
        match self.form {
            Form::X25519(_) => RecipientKind::X25519,
            Form::Tag(_) | Form::TagPq(_) => RecipientKind::Tag,
            Form::Ssh(_) => RecipientKind::Ssh,
            Form::Plugin(_) => RecipientKind::Plugin,
        }
    }

    /// The key as it stands in the vault.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The plugin that serves this recipient.
    pub(crate) fn plugin(&self) -> Option<&str> {
        match &self.form {
            Form::Plugin(recipient) => Some(recipient.plugin()),
            _ => None,
        }
    }

    /// What the age crate encrypts to. A plugin's program is looked for here, and run at wrapping.
    pub(super) fn prepare(
        &self,
        policy: &ProgramPolicy,
        callbacks: &Callbacks,
    ) -> Result<Box<dyn age::Recipient>> {
        Ok(match &self.form {
            Form::X25519(recipient) => Box::new(recipient.clone()),
            Form::Tag(recipient) => recipient.clone(),
            Form::TagPq(recipient) => recipient.clone(),
            Form::Ssh(recipient) => recipient.clone(),
            Form::Plugin(recipient) => {
                let name = recipient.plugin();
                policy.check_recipient(name)?;
                let recipients = std::slice::from_ref(recipient);
                let plugin =
                    age::plugin::RecipientPluginV1::new(name, recipients, &[], callbacks.clone())
                        .map_err(|error| {
                        Error::new(ErrorKind::InvalidRecipient, plain(&error.to_string()))
                    })?;
                Box::new(plugin)
            }
        })
    }
}

impl FromStr for Recipient {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let text = text.trim();
        let invalid = |why: &str| {
            let shown: String = text.chars().take(MAX_SHOWN).collect();
            let dots = if shown.len() < text.len() { "…" } else { "" };
            Err(Error::new(ErrorKind::InvalidRecipient, format!("{shown:?}{dots} {why}")))
        };
        let upper = text.to_ascii_uppercase();
        let form = if upper.contains("AGE-SECRET-KEY-") || upper.contains("PRIVATE KEY") {
            // Never quoted: this would print the secret.
            return Err(Error::new(
                ErrorKind::InvalidRecipient,
                "this is a private key, not a public one",
            ));
        } else if text.starts_with("age1") {
            if let Ok(recipient) = text.parse() {
                Form::X25519(recipient)
            } else if let Ok(recipient) = text.parse() {
                Form::Tag(Box::new(recipient))
            } else if let Ok(recipient) = text.parse() {
                Form::TagPq(Box::new(recipient))
            } else if let Ok(recipient) = text.parse() {
                Form::Plugin(recipient)
            } else {
                return invalid("is not a valid age public key (mistyped or cut off?)");
            }
        } else if text.starts_with("ssh-") {
            use age::ssh::ParseRecipientKeyError as Parse;
            match text.parse() {
                Ok(recipient) => Form::Ssh(Box::new(recipient)),
                Err(Parse::RsaModulusTooSmall) => return invalid("is too short an RSA key"),
                Err(Parse::RsaModulusTooLarge) => return invalid("is too long an RSA key"),
                Err(_) => return invalid("is not an ssh-ed25519 or ssh-rsa public key"),
            }
        } else {
            return invalid("is not a public key: expected age1…, ssh-ed25519 … or ssh-rsa …");
        };
        Ok(Self { text: text.to_owned(), form })
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Recipient({})", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALICE: &str = "age1ssha0qvj8jjg6spj4g5wxwhfxlyfga4wpxszcj258telse2h25as25ej5m";

    #[test]
    fn the_usual_forms_are_known() {
        let kind = |text: &str| text.parse::<Recipient>().map(|recipient| recipient.kind());
        assert_eq!(kind(ALICE).unwrap(), RecipientKind::X25519);
        let ssh = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHsKLqeplhpW+uObz5dvMgjz1OxfM/XXUB+VHtZ6isGN alice@host";
        assert_eq!(kind(ssh).unwrap(), RecipientKind::Ssh);
        let plugin = "age1yubikey1q2w7u3vpya839jxxuq8g0sedh3d740d4xvn639sqhr95ejj8vu3hyfumptt";
        assert_eq!(kind(plugin).unwrap(), RecipientKind::Plugin);
    }

    #[test]
    fn a_typing_mistake_is_found() {
        let mistyped = ALICE.replace("ssha", "sshb");
        let error = mistyped.parse::<Recipient>().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRecipient);
    }

    #[test]
    fn a_private_key_is_never_quoted() {
        let private = "AGE-SECRET-KEY-1C785Q7ZD6T3GPQVQFE5YC8CH2X73FNRXMVMJMVQF4E79ETF4FDVS3Y26GK";
        for text in [private.to_owned(), private.to_lowercase(), format!("age1 {private}")] {
            let error = text.parse::<Recipient>().unwrap_err();
            assert!(!error.to_string().to_uppercase().contains("1C785"), "{error}");
        }
    }
}
