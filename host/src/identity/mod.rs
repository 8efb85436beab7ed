//! Whose key opens a vault: where identities are looked for, and in which order.
//!
//! 1. `DUGOUT_IDENTITY`, the key itself;
//! 2. `DUGOUT_IDENTITY_FILE`, a file with keys;
//! 3. `~/.dugout/keys/<project>/identity.key`, first of the folder that is called like the vault's,
//!    then of all others: a renamed folder, or two of one name, never matter;
//! 4. `~/.dugout/identity`, and `identity.key` as dugout 0.1 wrote it.
//!
//! The first one whose public key the vault lists is used.

mod file;
mod store;

use std::fmt;

pub use store::NewIdentity;
pub(crate) use store::{create, exists, global};

use crate::{
    age::{Identity, Listed, Recipient, parse_identities},
    env::Environment,
    error::{Error, ErrorKind, Result},
};

/// Where an identity was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentitySource(String);

impl fmt::Display for IdentitySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An identity and where it comes from.
#[derive(Debug)]
pub struct FoundIdentity {
    /// The private key.
    pub identity: Identity,
    /// Where it was found.
    pub source: IdentitySource,
}

/// What a source had to say.
enum Outcome {
    Found(Vec<FoundIdentity>),
    /// It cannot be used, and the user should know.
    Unusable(Error),
}

/// The user's identity, whatever vault it may be for: whom `whoami` tells of, and whom a new vault
/// belongs to. Keys of single projects come last.
///
/// # Errors
/// [`ErrorKind::InvalidIdentity`] for a malformed one that was named explicitly, or when nothing
/// but unusable ones were found; [`ErrorKind::NoIdentity`].
pub(crate) fn first(environment: &Environment) -> Result<FoundIdentity> {
    let mut unusable = None;
    for source in store::sources(environment, store::Order::GlobalFirst) {
        match source.read(environment)? {
            Some(Outcome::Found(found)) => {
                if let Some(first) = found.into_iter().next() {
                    return Ok(first);
                }
            }
            Some(Outcome::Unusable(error)) => unusable = unusable.or(Some(error)),
            None => {}
        }
    }
    let none = || Error::new(ErrorKind::NoIdentity, "you have no identity yet");
    Err(unusable.unwrap_or_else(none))
}

/// The first identity that is among a vault's recipients.
///
/// # Errors
/// [`ErrorKind::InvalidIdentity`] for a malformed one that was named explicitly, or when nothing
/// but unusable ones were found; [`ErrorKind::NoIdentity`] when there is none at all;
/// [`ErrorKind::AccessDenied`], with all that was tried, when none is listed.
pub(crate) fn listed_among(
    recipients: &[Recipient],
    environment: &Environment,
    project: Option<&str>,
) -> Result<FoundIdentity> {
    let mut tried = Vec::new();
    let mut unusable = None;
    let mut possible = None;
    for source in store::sources(environment, store::Order::ProjectsFirst(project)) {
        match source.read(environment)? {
            Some(Outcome::Found(found)) => {
                for found in found {
                    match found.identity.is_among(recipients) {
                        Listed::Yes => {
                            tracing::debug!(source = %found.source, "identity found");
                            return Ok(found);
                        }
                        Listed::Perhaps => possible = possible.or(Some(found)),
                        Listed::No => {
                            let key = found.identity.public_key().unwrap_or("a plugin's key");
                            tried.push(format!("{} ({key})", found.source));
                        }
                    }
                }
            }
            Some(Outcome::Unusable(error)) => unusable = unusable.or(Some(error)),
            None => {}
        }
    }
    if let Some(found) = possible {
        return Ok(found);
    }
    Err(match (tried.is_empty(), unusable) {
        (true, Some(error)) => error,
        (true, None) => Error::new(
            ErrorKind::NoIdentity,
            "access denied: you have no identity, and the vault can only be read with one",
        ),
        (false, unusable) => {
            let mut line =
                format!("access denied: the vault does not list you; tried {}", tried.join(", "));
            if let Some(error) = unusable {
                line = format!("{line}; {error}");
            }
            Error::new(ErrorKind::AccessDenied, line)
        }
    })
}

fn parse(text: &str, origin: &str) -> Result<Vec<FoundIdentity>> {
    let identities = parse_identities(text, origin)?;
    let with_source =
        |identity| FoundIdentity { identity, source: IdentitySource(origin.to_owned()) };
    Ok(identities.into_iter().map(with_source).collect())
}
