//! What stands behind a secret's name: armored age, or a JSON envelope around it.
//!
//! An envelope holds the age ciphertext for the team and, beside it, what servers read through a
//! key service. Both spellings of its version are read (`"version": "dugout-envelope-v2"` and
//! `"v": 2`).

use serde::Deserialize;

use crate::{
    age::looks_encrypted,
    error::{Error, ErrorKind, Result},
};

/// A value as the vault holds it.
#[derive(Debug)]
pub(crate) enum Stored<'a> {
    /// Armored age.
    Age(&'a str),
    /// An envelope.
    Envelope(Envelope),
}

/// The parts of an envelope that a reader needs.
#[derive(Debug, Deserialize)]
pub(crate) struct Envelope {
    /// Armored age, for the team.
    pub(crate) age: String,
    /// Base64, for servers.
    #[serde(default)]
    pub(crate) kms: Option<String>,
    /// Which kind of key service.
    #[serde(default)]
    pub(crate) provider: Option<String>,
}

impl<'a> Stored<'a> {
    /// Tells the forms apart.
    ///
    /// # Errors
    /// [`ErrorKind::Damaged`] for anything else, plaintext above all.
    pub(crate) fn parse(value: &'a str) -> Result<Self> {
        if looks_encrypted(value) {
            return Ok(Self::Age(value));
        }
        if value.trim_start().starts_with('{') {
            return serde_json::from_str(value).map(Self::Envelope).map_err(|_| {
                // serde_json's own message may quote the value.
                Error::new(ErrorKind::Damaged, "the envelope is not valid")
            });
        }
        Err(Error::new(ErrorKind::Damaged, "the value is neither age ciphertext nor an envelope"))
    }

    /// The age ciphertext.
    pub(crate) fn age(&self) -> &str {
        match self {
            Self::Age(armored) => armored,
            Self::Envelope(envelope) => &envelope.age,
        }
    }

    /// The key service that could read it too.
    pub(crate) fn provider(&self) -> Option<&str> {
        match self {
            Self::Age(_) => None,
            Self::Envelope(envelope) => {
                envelope.kms.as_ref().map(|_| envelope.provider.as_deref().unwrap_or("unknown"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_an_envelope_are_read() {
        for version in [r#""version":"dugout-envelope-v2""#, r#""v":2"#] {
            let text = format!(r#"{{{version},"age":"A","kms":"K","provider":"aws","new":1}}"#);
            let stored = Stored::parse(&text).unwrap();
            assert_eq!((stored.age(), stored.provider()), ("A", Some("aws")));
        }
    }

    #[test]
    fn plaintext_is_neither_and_is_not_quoted() {
        for text in ["hunter2", "{\"age\": hunter2}", ""] {
            let error = Stored::parse(text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Damaged);
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
