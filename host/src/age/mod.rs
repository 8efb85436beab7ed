//! The built-in cipher: [age](https://age-encryption.org/v1).
//!
//! Every value is a file of its own with a fresh 128-bit file key, as the specification asks for,
//! encrypted to all recipients and armored.

mod cipher;
mod identity;
mod program;
mod recipient;

pub(crate) use cipher::{decrypt, encrypt, looks_encrypted};
pub use identity::Identity;
pub(crate) use identity::{Listed, parse_identities};
pub(crate) use program::ProgramPolicy;
pub use recipient::{Recipient, RecipientKind};

use std::sync::Arc;

use age::secrecy::SecretString;

/// How an embedder talks to its user when an age identity asks for something: a passphrase for an
/// SSH key, a touch of a hardware key. Without one, such identities simply do not answer.
pub trait Interaction: Send + Sync {
    /// Shows a line.
    fn message(&self, message: &str);
    /// Asks for a secret without showing it; `None` when nobody can be asked.
    fn secret(&self, description: &str) -> Option<zeroize::Zeroizing<String>>;
    /// Asks for something that is no secret.
    fn input(&self, description: &str) -> Option<String>;
    /// Asks a question with a yes and, where there is one, a no.
    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool>;
}

/// The age crate's form of an [`Interaction`], or of its absence.
#[derive(Clone, Default)]
pub(crate) struct Callbacks(pub(crate) Option<Arc<dyn Interaction>>);

impl age::Callbacks for Callbacks {
    fn display_message(&self, message: &str) {
        if let Some(user) = &self.0 {
            user.message(message);
        }
    }

    fn confirm(&self, message: &str, yes: &str, no: Option<&str>) -> Option<bool> {
        self.0.as_ref()?.confirm(message, yes, no)
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        self.0.as_ref()?.input(description)
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        self.0.as_ref()?.secret(description).map(|mut text| std::mem::take(&mut *text).into())
    }
}
