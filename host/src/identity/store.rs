//! The user's dugout folder, as far as keys go.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    FoundIdentity, Outcome,
    file::{self, Strictness},
    parse,
};
use crate::{
    age::Identity,
    atomic::{FolderLock, Mode},
    env::Environment,
    error::{Error, ErrorKind, Result},
    platform,
};

const KEYS: &str = "keys";
const PROJECT_KEY: &str = "identity.key";
const GLOBAL_KEY: &str = "identity";
const OLD_GLOBAL_KEY: &str = "identity.key";

/// A place where an identity may be.
pub(super) enum Source {
    Variable,
    Named(PathBuf),
    Stored(PathBuf),
}

impl Source {
    /// Reads the place; `None` if nothing is there.
    ///
    /// # Errors
    /// For what the user has named explicitly; what is merely found is [`Outcome::Unusable`].
    pub(super) fn read(&self, environment: &Environment) -> Result<Option<Outcome>> {
        match self {
            Self::Variable => match &environment.identity {
                Some(text) => {
                    parse(text, "DUGOUT_IDENTITY").map(|found| Some(Outcome::Found(found)))
                }
                None => Ok(None),
            },
            Self::Named(path) => match file::read(path, Strictness::Mounted)? {
                Some(text) => {
                    let found = parse(&text, &path.display().to_string())?;
                    Ok(Some(Outcome::Found(found)))
                }
                None => Err(Error::new(
                    ErrorKind::InvalidIdentity,
                    format!("DUGOUT_IDENTITY_FILE {} does not exist", path.display()),
                )),
            },
            Self::Stored(path) => {
                let found = file::read(path, Strictness::Private).and_then(|text| {
                    text.map(|text| parse(&text, &path.display().to_string())).transpose()
                });
                Ok(match found {
                    Ok(None) => None,
                    Ok(Some(found)) => Some(Outcome::Found(found)),
                    Err(error) => Some(Outcome::Unusable(error)),
                })
            }
        }
    }
}

/// What is looked at first, after what the user has named explicitly.
#[derive(Clone, Copy)]
pub(super) enum Order<'a> {
    /// Keys of projects, that of the folder with this label before the others.
    ProjectsFirst(Option<&'a str>),
    /// The global key.
    GlobalFirst,
}

/// All places, in their order. A project's label decides what is tried first, nothing else.
pub(super) fn sources(environment: &Environment, order: Order<'_>) -> impl Iterator<Item = Source> {
    let named = environment.identity_file.clone().map(Source::Named);
    let (steps, project) = match order {
        Order::ProjectsFirst(project) => ([Step::Projects, Step::Global], project),
        Order::GlobalFirst => ([Step::Global, Step::Projects], None),
    };
    let homes = homes(environment);
    // Folders are listed only when the iterator gets there.
    let stored = steps.into_iter().flat_map(move |step| {
        homes.clone().into_iter().flat_map(move |home| match step {
            Step::Projects => project_keys(&home, project),
            Step::Global => vec![home.join(GLOBAL_KEY), home.join(OLD_GLOBAL_KEY)],
        })
    });
    [Source::Variable].into_iter().chain(named).chain(stored.map(Source::Stored))
}

#[derive(Clone, Copy)]
enum Step {
    Projects,
    Global,
}

/// The dugout folder, and where dugout 0.1 put it below `DUGOUT_HOME`.
fn homes(environment: &Environment) -> Vec<PathBuf> {
    let home = environment.dugout_home.iter();
    home.flat_map(|home| [home.clone(), home.join(".dugout")]).collect()
}

fn project_keys(home: &Path, project: Option<&str>) -> Vec<PathBuf> {
    let Ok(entries) = home.join(KEYS).read_dir() else { return Vec::new() };
    let mut folders: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    let is_own = |folder: &PathBuf| {
        project.is_some_and(|project| folder.file_name().is_some_and(|name| name == project))
    };
    folders.sort_by_key(|folder| (!is_own(folder), folder.clone()));
    folders.into_iter().map(|folder| folder.join(PROJECT_KEY)).collect()
}

/// A new identity, and what became of the one before it.
#[derive(Debug)]
pub struct NewIdentity {
    /// The new key.
    pub found: FoundIdentity,
    /// Where the previous identity was moved to.
    pub archived: Option<PathBuf>,
}

/// The user's global identity file, if there is one.
pub(crate) fn exists(environment: &Environment) -> Option<PathBuf> {
    let candidates = homes(environment)
        .into_iter()
        .flat_map(|home| [home.join(GLOBAL_KEY), home.join(OLD_GLOBAL_KEY)]);
    candidates.into_iter().find(|path| path.symlink_metadata().is_ok())
}

/// The user's global identity.
///
/// # Errors
/// [`ErrorKind::NoIdentity`] or [`ErrorKind::InvalidIdentity`].
pub(crate) fn global(environment: &Environment) -> Result<FoundIdentity> {
    let none = || Error::new(ErrorKind::NoIdentity, "you have no identity yet");
    let path = exists(environment).ok_or_else(none)?;
    match Source::Stored(path).read(environment)? {
        Some(Outcome::Found(found)) => found.into_iter().next().ok_or_else(none),
        Some(Outcome::Unusable(error)) => Err(error),
        None => Err(none()),
    }
}

/// Makes a global identity, `~/.dugout/identity`. With `replace`, an existing one is kept beside
/// it under another name.
///
/// # Errors
/// [`ErrorKind::IdentityExists`], or [`ErrorKind::Io`]. The old identity is copied before the new
/// one takes its place.
pub(crate) fn create(environment: &Environment, replace: bool) -> Result<NewIdentity> {
    let Some(home) = &environment.dugout_home else {
        return Err(Error::new(ErrorKind::NoIdentity, "no home directory to keep an identity in"));
    };
    let identity = Identity::generate();
    let text = identity.to_file_text().unwrap_or_default();
    platform::create_private_dir(home).map_err(|error| Error::io("make", home, error))?;
    let lock = FolderLock::acquire(home)?;
    let old = exists(environment);
    let path = home.join(GLOBAL_KEY);
    let archived = match &old {
        Some(old) if !replace => {
            let line = format!("{} exists already", old.display());
            return Err(Error::new(ErrorKind::IdentityExists, line));
        }
        Some(old) => Some(archive(&lock, home, old)?),
        None => None,
    };
    lock.replace(&path, text.as_bytes(), Mode::Private)?;
    if let Some(old) = old.filter(|old| *old != path) {
        // It is archived; left in its place it would be found beside the new one.
        fs::remove_file(&old).map_err(|error| Error::io("remove", &old, error))?;
    }
    let source = super::IdentitySource(path.display().to_string());
    Ok(NewIdentity { found: FoundIdentity { identity, source }, archived })
}

/// Copies an identity to the first free name of `archive/identity-N`.
fn archive(lock: &FolderLock, home: &Path, old: &Path) -> Result<PathBuf> {
    let folder = home.join("archive");
    platform::create_private_dir(&folder).map_err(|error| Error::io("make", &folder, error))?;
    let content = fs::read(old).map(zeroize::Zeroizing::new);
    let content = content.map_err(|error| Error::io("read", old, error))?;
    let mut number = 1;
    loop {
        let path = folder.join(format!("identity-{number}"));
        if path.symlink_metadata().is_err() {
            lock.replace(&path, &content, Mode::Private)?;
            return Ok(path);
        }
        number += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{age::Recipient, identity};

    fn home() -> (tempfile::TempDir, Environment) {
        let folder = tempfile::tempdir().unwrap();
        let dugout_home = Some(folder.path().join(".dugout"));
        (folder, Environment { dugout_home, ..Environment::default() })
    }

    fn recipient(found: &FoundIdentity) -> Recipient {
        found.identity.public_key().unwrap().parse().unwrap()
    }

    #[test]
    fn a_new_identity_is_found_again() {
        let (_folder, environment) = home();
        let new = create(&environment, false).unwrap();
        let found = identity::first(&environment).unwrap();
        assert_eq!(found.identity.public_key(), new.found.identity.public_key());
    }

    #[test]
    fn an_identity_is_never_destroyed() {
        let (_folder, environment) = home();
        let first = create(&environment, false).unwrap();
        let error = create(&environment, false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IdentityExists);
        let second = create(&environment, true).unwrap();
        let archived = fs::read_to_string(second.archived.unwrap()).unwrap();
        assert!(archived.contains(first.found.identity.public_key().unwrap()));
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, environment) = home();
        let new = create(&environment, false).unwrap();
        let path = exists(&environment).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let error =
            identity::listed_among(&[recipient(&new.found)], &environment, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidIdentity);
        assert!(error.to_string().ends_with(&format!("run: chmod 600 {}", path.display())));

        // A mounted file may be readable, and must not be writable.
        let named = Environment { identity_file: Some(path.clone()), ..environment.clone() };
        assert!(identity::listed_among(&[recipient(&new.found)], &named, None).is_ok());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o620)).unwrap();
        assert!(identity::listed_among(&[recipient(&new.found)], &named, None).is_err());
    }

    #[test]
    fn keys_of_any_project_are_found_and_unlisted_ones_are_named() {
        let (_folder, environment) = home();
        let other = Identity::generate();
        let folder = environment.dugout_home.clone().unwrap().join("keys/renamed");
        platform::create_private_dir(&folder).unwrap();
        let lock = FolderLock::acquire(&folder).unwrap();
        let text = other.to_file_text().unwrap();
        lock.replace(&folder.join("identity.key"), text.as_bytes(), Mode::Private).unwrap();
        let global = create(&environment, false).unwrap();

        let wanted: Recipient = other.public_key().unwrap().parse().unwrap();
        let found = identity::listed_among(&[wanted], &environment, Some("api")).unwrap();
        assert_eq!(found.identity.public_key(), other.public_key());

        let stranger: Recipient = Identity::generate().public_key().unwrap().parse().unwrap();
        let error = identity::listed_among(&[stranger], &environment, None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied);
        for key in [other.public_key(), global.found.identity.public_key()] {
            assert!(error.to_string().contains(key.unwrap()), "{error}");
        }
    }

    #[test]
    fn the_variables_come_first_and_must_be_right() {
        let (_folder, environment) = home();
        create(&environment, false).unwrap();
        let named = Identity::generate();
        let with = |identity: &str| Environment {
            identity: Some(zeroize::Zeroizing::new(identity.to_owned())),
            ..environment.clone()
        };
        let found = identity::first(&with(&named.to_secret_text().unwrap())).unwrap();
        assert_eq!(found.identity.public_key(), named.public_key());
        let error = identity::first(&with("nonsense")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidIdentity);
        assert!(!error.to_string().contains("nonsense"));
        let missing = Some(PathBuf::from("/nonexistent/key"));
        let error =
            identity::first(&Environment { identity_file: missing, ..environment }).unwrap_err();
        assert!(error.to_string().contains("/nonexistent/key"));
    }
}
