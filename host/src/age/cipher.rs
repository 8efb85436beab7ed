//! Encrypting and decrypting one value.

use std::io::{BufReader, Read, Write};

use age::{
    DecryptError,
    armor::{ArmoredReader, ArmoredWriter, Format},
};
use zeroize::Zeroizing;

use super::{Callbacks, Identity, ProgramPolicy, Recipient};
use crate::error::{Error, ErrorKind, Result, plain};

const ARMOR_BEGIN: &str = "-----BEGIN AGE ENCRYPTED FILE-----";

/// Whether a value is armored age, judged by its first line.
pub(crate) fn looks_encrypted(text: &str) -> bool {
    text.trim_start().starts_with(ARMOR_BEGIN)
}

/// Encrypts a value to all recipients, whose stanzas stand in the order given here. Returns the
/// armor, with line feeds and a closing one.
pub(crate) fn encrypt(
    plaintext: &[u8],
    recipients: &[Recipient],
    policy: &ProgramPolicy,
    callbacks: &Callbacks,
) -> Result<String> {
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(ErrorKind::InvalidRecipient, format!("cannot encrypt: {error}"))
    };
    let prepared = recipients
        .iter()
        .map(|recipient| recipient.prepare(policy, callbacks))
        .collect::<Result<Vec<_>>>()?;
    let encryptor =
        age::Encryptor::with_recipients(prepared.iter().map(|recipient| &**recipient as _))
            .map_err(|error| failed(&plain(&error.to_string())))?;

    let mut text = Vec::with_capacity(plaintext.len() * 4 / 3 + 256 * (recipients.len() + 2));
    let result = ArmoredWriter::wrap_output(&mut text, Format::AsciiArmor)
        .and_then(|armor| encryptor.wrap_output(armor))
        .and_then(|mut writer| {
            writer.write_all(plaintext)?;
            writer.finish()?.finish()
        });
    result.map_err(|error| failed(&error))?;
    let text = String::from_utf8(text).map_err(|error| failed(&error))?;
    Ok(text.replace("\r\n", "\n"))
}

/// Decrypts an armored value. `stanza_index` says where the identity's own stanza should stand, so
/// that it is tried first; a vault that another program wrote may order them differently, so the
/// rest follow.
pub(crate) fn decrypt(
    armored: &str,
    identity: &Identity,
    stanza_index: Option<usize>,
    policy: &ProgramPolicy,
    callbacks: &Callbacks,
) -> Result<Zeroizing<Vec<u8>>> {
    let prepared = identity.prepare(policy, callbacks)?;
    let own_first = OwnStanzaFirst { identity: prepared.as_age(), index: stanza_index };

    // `Decryptor::new` would parse the header in quadratic time.
    let armor = BufReader::new(ArmoredReader::new(armored.as_bytes()));
    let decryptor = age::Decryptor::new_buffered(armor).map_err(damaged)?;
    let mut payload = decryptor
        .decrypt(std::iter::once(&own_first as &dyn age::Identity))
        .map_err(not_unwrapped)?;
    // Large enough from the start: growing would leave copies behind.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(armored.len()));
    payload.read_to_end(&mut plaintext).map_err(|error| damaged(error.into()))?;
    Ok(plaintext)
}

/// Why no identity has opened the header.
fn not_unwrapped(error: DecryptError) -> Error {
    match error {
        DecryptError::NoMatchingKeys => {
            Error::new(ErrorKind::AccessDenied, "the value is not encrypted to your identity")
        }
        DecryptError::InvalidHeader | DecryptError::InvalidMac | DecryptError::DecryptionFailed => {
            damaged(error)
        }
        // A plugin that failed or died, a passphrase that was wrong: nothing ails the value.
        other => Error::new(ErrorKind::InvalidIdentity, plain(&other.to_string())),
    }
}

/// Why a ciphertext cannot be read.
fn damaged(error: DecryptError) -> Error {
    let line = match error {
        DecryptError::Io(source) => {
            format!("the ciphertext is damaged or cut off: {}", plain(&source.to_string()))
        }
        DecryptError::InvalidHeader | DecryptError::InvalidMac | DecryptError::DecryptionFailed => {
            "the ciphertext is damaged or was tampered with".to_owned()
        }
        other => plain(&other.to_string()),
    };
    Error::new(ErrorKind::Damaged, line)
}

/// Tries the stanza at an index first: with 50 readers, that saves 49 key agreements.
struct OwnStanzaFirst<'a> {
    identity: &'a dyn age::Identity,
    index: Option<usize>,
}

impl age::Identity for OwnStanzaFirst<'_> {
    fn unwrap_stanza(
        &self,
        stanza: &age_core::format::Stanza,
    ) -> Option<std::result::Result<age_core::format::FileKey, DecryptError>> {
        self.identity.unwrap_stanza(stanza)
    }

    fn unwrap_stanzas(
        &self,
        stanzas: &[age_core::format::Stanza],
    ) -> Option<std::result::Result<age_core::format::FileKey, DecryptError>> {
        let mut native = stanzas.iter().filter(|stanza| stanza.tag == "X25519");
        let own = self.index.and_then(|index| native.nth(index));
        own.and_then(|stanza| self.identity.unwrap_stanza(stanza))
            .or_else(|| self.identity.unwrap_stanzas(stanzas))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team(size: usize) -> (Vec<Identity>, Vec<Recipient>) {
        let identities: Vec<Identity> = (0..size).map(|_| Identity::generate()).collect();
        let recipients =
            identities.iter().map(|i| i.public_key().unwrap().parse().unwrap()).collect();
        (identities, recipients)
    }

    fn open(armored: &str, identity: &Identity, index: Option<usize>) -> Result<Vec<u8>> {
        let (policy, callbacks) = (ProgramPolicy::default(), Callbacks::default());
        decrypt(armored, identity, index, &policy, &callbacks).map(|value| value.to_vec())
    }

    fn seal(plaintext: &[u8], recipients: &[Recipient]) -> String {
        encrypt(plaintext, recipients, &ProgramPolicy::default(), &Callbacks::default()).unwrap()
    }

    #[test]
    fn everyone_reads_wherever_their_stanza_stands() {
        let (identities, recipients) = team(5);
        let armored = seal(b"value", &recipients);
        for (at, identity) in identities.iter().enumerate() {
            assert_eq!(open(&armored, identity, Some(at)).unwrap(), b"value");
            assert_eq!(open(&armored, identity, Some(4 - at)).unwrap(), b"value");
            assert_eq!(open(&armored, identity, Some(99)).unwrap(), b"value");
            assert_eq!(open(&armored, identity, None).unwrap(), b"value");
        }
    }

    #[test]
    fn a_stranger_is_denied() {
        let (_, recipients) = team(2);
        let armored = seal(b"value", &recipients);
        let error = open(&armored, &Identity::generate(), Some(0)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied);
    }

    #[test]
    fn every_write_has_a_fresh_file_key() {
        let (_, recipients) = team(1);
        assert_ne!(seal(b"value", &recipients), seal(b"value", &recipients));
    }

    #[test]
    fn a_damaged_armor_is_an_error_at_every_length() {
        let (identities, recipients) = team(1);
        let armored = seal(b"value", &recipients);
        for length in 0..armored.trim_end().len() {
            let error = open(&armored[..length], &identities[0], Some(0)).unwrap_err();
            assert!(
                matches!(error.kind(), ErrorKind::Damaged | ErrorKind::AccessDenied),
                "{length}: {error}"
            );
        }
    }

    #[test]
    fn large_and_empty_values_survive() {
        let (identities, recipients) = team(1);
        for value in [vec![], vec![0xff; 200_000]] {
            let armored = seal(&value, &recipients);
            assert_eq!(open(&armored, &identities[0], Some(0)).unwrap(), value);
        }
    }
}
